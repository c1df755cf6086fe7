package source

import (
	"fmt"
	"io/fs"
	"maps"
	"path"
)

// A Memory is a repository whose files are held in memory.
type Memory struct {
	files map[string][]byte
	dirs  map[string]bool
	links map[string]string // resolved paths of those that are links
}

// InMemory makes a repository of files. The paths in links stand for others.
func InMemory(files map[string][]byte, links map[string]string) *Memory {
	m := &Memory{files: files, dirs: map[string]bool{".": true}, links: links}
	for name := range files {
		for dir := path.Dir(name); !m.dirs[dir]; dir = path.Dir(dir) {
			m.dirs[dir] = true
		}
	}
	return m
}

// With is the same repository with one file changed.
func (m *Memory) With(name string, data []byte) *Memory {
	files := maps.Clone(m.files)
	files[name] = data
	return InMemory(files, m.links)
}

// Resolve says what name leads to.
func (m *Memory) Resolve(name string) (string, Kind, error) {
	name = path.Clean(name)
	if target, ok := m.links[name]; ok {
		name = target
	}
	if !fs.ValidPath(name) {
		return "", Missing, ErrOutside
	}
	if _, ok := m.files[name]; ok {
		return name, File, nil
	}
	if m.dirs[name] {
		return name, Dir, nil
	}
	return "", Missing, nil
}

// Read returns the content of a file.
func (m *Memory) Read(name string) ([]byte, error) {
	data, ok := m.files[name]
	if !ok {
		return nil, fmt.Errorf("reading repository: %w", &fs.PathError{Op: "read", Path: name, Err: fs.ErrNotExist})
	}
	return data, nil
}
