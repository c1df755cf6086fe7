package mutants

import (
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kube-lab/kube-lab/tools/labcheck/internal/hosts"
)

// scalar makes the mutants of a value.
func (g *generator) scalar(node *yaml.Node, at place) {
	if node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		g.block(node, at)
		return
	}
	switch number, unit := numberOf(node.Value); {
	case node.Tag == "!!bool":
		g.replace(at.path, Flip, node, map[string]string{"true": "false", "false": "true"}[node.Value])
		g.replace(at.path, WrongType, node, "maybe")
	case number != "" && (node.Tag == "!!int" || unit != ""):
		n, _ := strconv.Atoi(number)
		g.replace(at.path, OffByOne, node, strconv.Itoa(n+1)+unit)
		if n > 0 {
			g.replace(at.path, OffByOne, node, strconv.Itoa(n-1)+unit)
		}
		g.replace(at.path, WrongType, node, "many")
	case node.Tag == "!!null" || node.Value == "":
	default:
		g.replace(at.path, Typo, node, doubled(node.Value))
		g.replace(at.path, WrongType, node, "["+quoted(node)+"]")
	}
}

var quantity = regexp.MustCompile(`^([0-9]+)(m|Ki|Mi|Gi|k|M|G)?$`)

// numberOf splits a number from its unit, if a value is one.
func numberOf(value string) (number, unit string) {
	if parts := quantity.FindStringSubmatch(value); parts != nil {
		return parts[1], parts[2]
	}
	return "", ""
}

// doubled is a text with its last letter or digit written twice.
func doubled(text string) string {
	at := strings.LastIndexAny(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
	if at < 0 {
		return text + "x"
	}
	return text[:at+1] + text[at:]
}

func quoted(node *yaml.Node) string {
	if node.Style&yaml.DoubleQuotedStyle != 0 {
		return strconv.Quote(node.Value)
	}
	return "'" + strings.ReplaceAll(node.Value, "'", "''") + "'"
}

// replace writes another value, or key, in the place of a scalar on one line.
func (g *generator) replace(path, operator string, node *yaml.Node, value string) {
	from, to, ok := g.extent(node)
	if !ok || value == "" {
		return
	}
	if operator != WrongType && operator != Flip {
		switch {
		case node.Style&yaml.DoubleQuotedStyle != 0:
			value = strconv.Quote(value)
		case node.Style&yaml.SingleQuotedStyle != 0:
			value = "'" + strings.ReplaceAll(value, "'", "''") + "'"
		}
	}
	line := g.lines[node.Line-1]
	text := g.with(node.Line, line[:from]+value+line[to:])
	g.add(path, operator, line[from:to]+" is "+value, []int{node.Line}, text)
}

// with is the file with another text in one line.
func (g *generator) with(number int, line string) []string {
	text := append([]string(nil), g.lines...)
	text[number-1] = line
	return text
}

// extent is where in its line a scalar stands.
func (g *generator) extent(node *yaml.Node) (from, to int, ok bool) {
	line := g.lines[node.Line-1]
	from = node.Column - 1
	if node.Kind != yaml.ScalarNode || from > len(line) {
		return 0, 0, false
	}
	written := node.Value
	switch {
	case node.Style&yaml.DoubleQuotedStyle != 0:
		written = strconv.Quote(node.Value)
	case node.Style&yaml.SingleQuotedStyle != 0:
		written = quoted(node)
	}
	return from, from + len(written), strings.HasPrefix(line[from:], written)
}

var (
	etcPath    = regexp.MustCompile(`/etc/[a-z0-9./-]*[a-z]`)
	identifier = regexp.MustCompile(`\b(object|variables|params)\b`)
	ordinal    = regexp.MustCompile(`-([0-9]+)$`)
)

// block makes the mutants of a text over several lines: of the hosts of the
// cluster that it names, the configuration files that it reads, and the first
// variable of an expression.
func (g *generator) block(node *yaml.Node, at place) {
	seen := map[string]bool{}
	once := func(operator string, line, from, to int, value string) {
		text := g.lines[line-1]
		if key := operator + text[from:to] + value; !seen[key] {
			seen[key] = true
			g.add(at.path, operator, text[from:to]+" is "+value, []int{line}, g.with(line, text[:from]+value+text[to:]))
		}
	}
	indent := len(g.lines[node.Line]) - len(strings.TrimLeft(g.lines[node.Line], " "))
	for number := node.Line + 1; number <= len(g.lines); number++ {
		line := g.lines[number-1]
		if trimmed := strings.TrimLeft(line, " "); strings.TrimSpace(line) != "" && len(line)-len(trimmed) < indent {
			break
		}
		for _, m := range hosts.In(line) {
			from, to := m.Offset, m.Offset+len(m.Name)
			first, rest, dotted := strings.Cut(m.Name, ".")
			digits := ordinal.FindStringSubmatch(first)
			if m.Variable != "" || dotted && digits != nil {
				once(Typo, number, from, to, doubled(m.Name))
			}
			if digits != nil {
				n, _ := strconv.Atoi(digits[1])
				more := strings.TrimSuffix(first, digits[1]) + strconv.Itoa(n+3)
				if dotted {
					more += "." + rest
				}
				once(OffByOne, number, from, to, more)
			}
		}
		for _, found := range etcPath.FindAllStringIndex(line, -1) {
			once(Typo, number, found[0], found[1], doubled(line[found[0]:found[1]]))
		}
		if found := identifier.FindStringIndex(line); found != nil && strings.Contains(strings.ToLower(at.path), "expression") {
			once(Typo, number, found[0], found[1], doubled(line[found[0]:found[1]]))
		}
	}
}
