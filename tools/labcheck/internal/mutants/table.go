package mutants

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Page is the report on a score, in Markdown: that of one mutant of so many.
func Page(s Score, reviewed []*Harmless, every int) string {
	var b strings.Builder
	breaking := len(s.Caught) + len(s.Survived)
	which := "all"
	if every > 1 {
		which = fmt.Sprintf("one in %d of all", every)
	}
	fmt.Fprintf(&b, `# Mutation score

<!-- Written by make mutants. -->

labcheck is worth what it finds. So every field and every value of the manifests of this lab was broken, one at a time: left
out, misspelt, one more or one less, turned round, of the wrong type, mixed up with its neighbour. labcheck judged
%d mutants, %s, in process, with all rules, and without knowing what was changed.

| mutants | | |
|---|---:|---:|
| that break something | %d | |
| of them caught | %d | %s |
| of those caught, at the exact line | %d | %s |
| survived: nobody found them | %d | %s |
| harmless: the lab works with them (below) | %d | |

A line is exact if it is the one that was changed; for what was left out, the one at which it would be added. A second place
counts only where a finding names it as one of two that do not fit.

Files that are not manifests are not broken: the settings of MySQL and the configuration of kind's cluster are not judged by
labcheck. In scripts it is the hosts of the cluster and the files below /etc that are misspelt.

`, breaking+len(s.Harmless), which, breaking, len(s.Caught), percent(len(s.Caught), breaking), s.Exact(), percent(s.Exact(), len(s.Caught)),
		len(s.Survived), percent(len(s.Survived), breaking), len(s.Harmless))
	b.WriteString("## By rule\n\nA mutant counts for the first rule that names its line, or, if none does, for the first that finds it.\n\n")
	table(&b, "rule", s, func(o Outcome) string { return o.Rule }, nil)
	b.WriteString("\n## By mutation\n\n")
	table(&b, "mutation", s, func(o Outcome) string { return o.Operator }, s.Survived)
	b.WriteString("\n## Harmless mutants\n\nThe lab works with these. Each entry was reviewed, and one that is not needed fails the run. " +
		"`make harmless` tries them: it applies the lab with them to a cluster and has labcheck verify prove it there. " +
		"The last column says how it is known; what of an entry only a registry or an engine would see is by reasoning.\n\n")
	b.WriteString("| file | place | mutation | why the lab still works | known |\n|---|---|---|---|---|\n")
	for _, h := range reviewed {
		mutations := strings.Join(h.Mutations, ", ")
		if mutations == "" {
			mutations = "any"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(h.File), cell(h.Path), mutations, h.Why, ways[h.Known])
	}
	b.WriteString("\n## Survivors\n\nThese break the lab, and nothing in the files says so.\n\n")
	for _, o := range s.Survived {
		b.WriteString(line(o))
	}
	b.WriteString("\n## Found at another line\n\n")
	for _, o := range s.Caught {
		if !o.Exact {
			b.WriteString(line(o))
		}
	}
	return b.String()
}

// ways says for a reader how it is known that mutants are harmless.
var ways = map[string]string{
	"":        "by reasoning",
	SameBuild: "the build is the same",
	OnCluster: "proved on a cluster",
	OnEngine:  "synced by Flux or Argo CD",
}

// line names a mutant on the page.
func line(o Outcome) string { return fmt.Sprintf("- `` %s ``\n", o) }

// Unknown says of outcomes that are worse than the page says.
func Unknown(page string, s Score) []Outcome {
	var worse []Outcome
	survived, elsewhere, _ := strings.Cut(page[strings.Index(page, "## Survivors")+1:], "## Found at another line")
	for _, o := range s.Survived {
		if !strings.Contains(survived, line(o)) {
			worse = append(worse, o)
		}
	}
	for _, o := range s.Caught {
		if !o.Exact && !strings.Contains(elsewhere, line(o)) && !strings.Contains(survived, line(o)) {
			worse = append(worse, o)
		}
	}
	return worse
}

// table counts outcomes by a key. survived are those that no rule found.
func table(b *strings.Builder, head string, s Score, key func(Outcome) string, survived []Outcome) {
	type row struct{ caught, exact, survived int }
	rows := map[string]*row{}
	at := func(o Outcome) *row {
		if rows[key(o)] == nil {
			rows[key(o)] = &row{}
		}
		return rows[key(o)]
	}
	for _, o := range s.Caught {
		at(o).caught++
		if o.Exact {
			at(o).exact++
		}
	}
	for _, o := range survived {
		at(o).survived++
	}
	fmt.Fprintf(b, "| %s | caught | exact line |", head)
	if survived != nil || head == "mutation" {
		b.WriteString(" survived |\n|---|---:|---:|---:|\n")
	} else {
		b.WriteString("\n|---|---:|---:|\n")
	}
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintf(b, "| %s | %d | %d |", name, rows[name].caught, rows[name].exact)
		if head == "mutation" {
			fmt.Fprintf(b, " %d |", rows[name].survived)
		}
		b.WriteString("\n")
	}
}

func percent(part, whole int) string {
	if whole == 0 {
		return ""
	}
	return fmt.Sprintf("%.1f %%", 100*float64(part)/float64(whole))
}

func cell(text string) string { return "`" + strings.ReplaceAll(text, "|", `\|`) + "`" }
