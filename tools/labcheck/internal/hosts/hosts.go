// Package hosts finds what looks like the name of a host in scripts, URLs and
// settings. It does not know which hosts there are.
package hosts

import (
	"regexp"
	"strconv"
	"strings"
)

// A Mention is a name in a text.
type Mention struct {
	Name     string // one or more labels with dots between them
	Offset   int    // of Name in the text, in bytes
	Port     int64  // that follows the name, 0 if none does
	Aimed    bool   // it stands where only a host can: after ://, -h or --host
	Variable string // of the shell, that stands for what is before the name and its first dot: HOSTNAME of $HOSTNAME.mysql
}

var (
	run      = regexp.MustCompile(`[A-Za-z0-9.-]+`)
	label    = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`)
	portNext = regexp.MustCompile(`^['"]?:([0-9]{1,5})([^0-9.:]|$)`)
	aimed    = regexp.MustCompile(`(://([^/\s"'@]*@)?|(^|[\s"'])(-h|--host|--hostname|getent hosts|nslookup)(\s+|=)["']?)$`)
	braced   = regexp.MustCompile(`\$\{([A-Za-z0-9_]+)\}$`)
	bare     = regexp.MustCompile(`\$([A-Za-z0-9_]*)$`)
	user     = regexp.MustCompile(`^[^/\s"'@]*@`)
	// neighbours are bytes that make a name a part of something else.
	before, after = "$_{%\\*", "_({*\\"
)

// In returns the names in a text, in their order. Comments of the shell are
// left out.
func In(text string) []Mention {
	var found []Mention
	start := 0
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			for _, m := range inLine(line) {
				m.Offset += start
				found = append(found, m)
			}
		}
		start += len(line)
	}
	return found
}

func inLine(line string) []Mention {
	var found []Mention
	for _, at := range run.FindAllStringIndex(line, -1) {
		if m, ok := mention(line, at[0], at[1]); ok {
			found = append(found, m)
		}
	}
	return found
}

// mention reads the run of letters, digits, dots and dashes in line[from:to].
func mention(line string, from, to int) (Mention, bool) {
	m := Mention{}
	text := line[from:to]
	prefix := line[:from]
	if name := braced.FindStringSubmatch(prefix); name != nil && strings.HasPrefix(text, ".") {
		m.Variable, from, text, prefix = name[1], from+1, text[1:], strings.TrimSuffix(prefix, name[0])
	} else if name := bare.FindStringSubmatch(prefix); name != nil {
		first, rest, ok := strings.Cut(text, ".")
		if !ok || strings.Contains(first, "-") {
			return m, false
		}
		m.Variable, from, text, prefix = name[1]+first, from+len(first)+1, rest, strings.TrimSuffix(prefix, name[0])
	}
	text = strings.TrimRight(text, ".-")
	to = from + len(text)
	m.Name, m.Offset, m.Aimed = text, from, aimed.MatchString(prefix) && !user.MatchString(line[to:])
	if ends(prefix, before) || !m.Aimed && strings.HasSuffix(prefix, "/") || to < len(line) && strings.IndexByte(after, line[to]) >= 0 {
		return m, false
	}
	if port := portNext.FindStringSubmatch(line[to:]); port != nil {
		m.Port, _ = strconv.ParseInt(port[1], 10, 64)
	}
	return m, isName(text)
}

func ends(text, bytes string) bool {
	return text != "" && strings.IndexByte(bytes, text[len(text)-1]) >= 0
}

// isName says whether text could be the name of a host: not a number, not an
// address.
func isName(text string) bool {
	for _, part := range strings.Split(text, ".") {
		if !label.MatchString(part) {
			return false
		}
	}
	return strings.ContainsAny(text, "abcdefghijklmnopqrstuvwxyz")
}

// Value reads a text that is nothing but a host, perhaps with a port, such as
// the value of a variable DB_HOST. URLs are left to In.
func Value(text string) (Mention, bool) {
	m, ok := mention(text, 0, len(run.FindString(text)))
	rest := text[min(len(text), m.Offset+len(m.Name)):]
	m.Aimed = true
	return m, ok && m.Variable == "" && (rest == "" || m.Port != 0 && rest == ":"+strconv.FormatInt(m.Port, 10))
}

var hostVariable = regexp.MustCompile(`(^|_)(HOST|HOSTNAME|ADDR|ADDRESS|ENDPOINT|SERVER)$`)

// IsHostVariable says whether a variable of this name holds a host.
func IsHostVariable(name string) bool { return hostVariable.MatchString(strings.ToUpper(name)) }

// IsHostFlag says whether the argument after this one is a host.
func IsHostFlag(argument string) bool {
	return argument == "-h" || argument == "--host" || argument == "--hostname"
}
