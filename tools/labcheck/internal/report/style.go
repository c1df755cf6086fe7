package report

// A style dresses the parts of a text report.
type style struct{ bold, red, green, dim, reset string }

var (
	plain = style{}
	ansi  = style{bold: "\x1b[1m", red: "\x1b[31m", green: "\x1b[32m", dim: "\x1b[2m", reset: "\x1b[0m"}
)

func (s style) place(text string) string   { return s.bold + text + s.reset }
func (s style) message(text string) string { return s.red + text + s.reset }
func (s style) rule(text string) string    { return s.dim + text + s.reset }
func (s style) caret(text string) string   { return s.green + text + s.reset }

func (s style) summary(text string, clean bool) string {
	if clean {
		return s.green + text + s.reset
	}
	return s.bold + text + s.reset
}
