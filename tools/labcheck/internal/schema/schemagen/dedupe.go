package main

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// A class is one definition as it stands in one or more versions: all its
// nodes say the same, and so do all definitions they refer to.
type class struct {
	node                      // the one of the last of versions
	hash     string           // of what the definition and all below it say
	versions []string         // oldest first
	below    map[refTo]*class // the definitions it refers to
}

// dedupe joins the nodes that say the same into classes, ordered by name and
// then by version. Definitions may refer to each other in circles, so it
// starts from what each says by itself and tells nodes apart by what they
// refer to, until that tells no more of them apart.
func dedupe(nodes []*node) []*class {
	type key struct {
		version string
		name    string
	}
	own := map[key]string{}
	for _, n := range nodes {
		own[key{n.version, n.name}] = hashOf(n.name, string(encode(n.schema)))
	}
	hashes := own
	for count := 0; count != distinct(hashes); {
		count = distinct(hashes)
		next := map[key]string{}
		for _, n := range nodes {
			parts := []string{own[key{n.version, n.name}]}
			for _, ref := range n.refs {
				parts = append(parts, hashes[key{n.version, ref}])
			}
			next[key{n.version, n.name}] = hashOf(parts...)
		}
		hashes = next
	}

	byHash := map[string]*class{}
	for _, n := range nodes { // oldest version first
		hash := hashes[key{n.version, n.name}]
		if byHash[hash] == nil {
			byHash[hash] = &class{hash: hash, below: map[refTo]*class{}}
		}
		byHash[hash].node = *n
		byHash[hash].versions = append(byHash[hash].versions, n.version)
	}
	var classes []*class
	for _, c := range byHash {
		for _, ref := range c.refs {
			c.below[refTo(ref)] = byHash[hashes[key{c.version, ref}]]
		}
		classes = append(classes, c)
	}
	slices.SortFunc(classes, func(a, b *class) int {
		return cmp.Or(cmp.Compare(a.name, b.name), slices.Compare(a.versions, b.versions))
	})
	return classes
}

func distinct[K comparable](hashes map[K]string) int {
	seen := map[string]bool{}
	for _, hash := range hashes {
		seen[hash] = true
	}
	return len(seen)
}

func hashOf(parts ...string) string {
	h := sha256.New()
	for _, part := range parts {
		h.Write(encode(part)) // quoted, so that parts cannot run together
	}
	return hex.EncodeToString(h.Sum(nil))
}

// encode writes JSON with sorted keys and nothing to spare. What it is given
// is made of maps, slices and text, which cannot fail.
func encode(value any) []byte {
	content, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return content
}
