package mutants

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// dropField leaves out a field with all that is below it. It would be added
// at the mapping that it is missing in, which stands at outer.
func (g *generator) dropField(mapping *yaml.Node, i int, outer, inner place) {
	if len(mapping.Content) == 2 && outer.path == "" {
		return
	}
	key := mapping.Content[i]
	if mapping.Style&yaml.FlowStyle != 0 {
		g.dropFlow(mapping, i, 2, outer, inner)
		return
	}
	last := g.endOf(key.Line, key.Column-1)
	line := g.lines[key.Line-1]
	dash := strings.TrimSpace(line[:key.Column-1])
	text := slices.Clone(g.lines)
	if dash != "" { // the first field of an item: the next one takes its place
		if i+2 >= len(mapping.Content) || last >= len(g.lines) {
			return
		}
		next := mapping.Content[i+2]
		text[next.Line-1] = line[:key.Column-1] + g.lines[next.Line-1][next.Column-1:]
		last = next.Line - 1
	}
	g.add(inner.path, Drop, "it is missing", []int{outer.line}, slices.Delete(text, key.Line-1, last))
}

// dropItem leaves out an item of a list.
func (g *generator) dropItem(list *yaml.Node, i int, outer, inner place) {
	if list.Style&yaml.FlowStyle != 0 {
		g.dropFlow(list, i, 1, outer, inner)
		return
	}
	item := list.Content[i]
	line := g.lines[item.Line-1]
	dash := strings.LastIndexByte(line[:item.Column-1], '-')
	if dash < 0 {
		return
	}
	last := g.endOf(item.Line, dash)
	g.add(inner.path, Drop, "it is missing", []int{outer.line}, slices.Delete(slices.Clone(g.lines), item.Line-1, last))
}

// endOf is the number of the last line of what begins in a line at an indent.
// Comments that follow belong to what comes next.
func (g *generator) endOf(line, indent int) int {
	last := line
	for number := line + 1; number <= len(g.lines); number++ {
		text := g.lines[number-1]
		trimmed := strings.TrimLeft(text, " ")
		if strings.TrimSpace(text) == "" || strings.HasPrefix(trimmed, "#") && len(text)-len(trimmed) <= indent {
			continue
		}
		if len(text)-len(trimmed) <= indent && !(g.lines[line-1][indent] != '-' && len(text)-len(trimmed) == indent && strings.HasPrefix(trimmed, "- ")) {
			break
		}
		last = number
	}
	return last
}

// dropFlow leaves out width nodes of a collection that is written in one line.
func (g *generator) dropFlow(collection *yaml.Node, i, width int, outer, inner place) {
	first, last := collection.Content[i], collection.Content[i+width-1]
	from, _, ok := g.extent(first)
	_, to, ok2 := g.extent(last)
	if !ok || !ok2 || first.Line != last.Line {
		return
	}
	line := g.lines[first.Line-1]
	switch rest := line[to:]; {
	case strings.HasPrefix(rest, ", "):
		to += 2
	case i > 0:
		from = strings.LastIndexByte(line[:from], ',')
	}
	g.add(inner.path, Drop, "it is missing", []int{outer.line}, g.with(first.Line, line[:from]+line[to:]))
}

// swapFields gives neighbours in a mapping each other's value.
func (g *generator) swapFields(mapping *yaml.Node, at place) {
	for i := 1; i+2 < len(mapping.Content); i += 2 {
		g.swap(join(at.path, mapping.Content[i-1].Value), mapping.Content[i], mapping.Content[i+2])
	}
}

func (g *generator) swap(path string, a, b *yaml.Node) {
	fromA, toA, okA := g.extent(a)
	fromB, toB, okB := g.extent(b)
	if !okA || !okB || a.Tag != b.Tag || a.Value == b.Value {
		return
	}
	lineA, lineB := g.lines[a.Line-1], g.lines[b.Line-1]
	writtenA, writtenB := lineA[fromA:toA], lineB[fromB:toB]
	text := slices.Clone(g.lines)
	text[b.Line-1] = lineB[:fromB] + writtenA + lineB[toB:]
	lineA = text[a.Line-1] // they may share a line, and a comes first
	text[a.Line-1] = lineA[:fromA] + writtenB + lineA[toA:]
	g.add(path, Swap, writtenA+" and "+writtenB, []int{a.Line, b.Line}, text)
}
