package hosts

import (
	"fmt"
	"slices"
	"testing"
)

func show(m Mention) string {
	text := m.Name
	if m.Variable != "" {
		text = "$" + m.Variable + " " + text
	}
	if m.Port != 0 {
		text += fmt.Sprintf(":%d", m.Port)
	}
	if m.Aimed {
		text += "!"
	}
	return text
}

func TestIn(t *testing.T) {
	for text, want := range map[string][]string{
		"mysql -h mysql-read -e x":                   {"mysql", "mysql-read!", "x"},
		"curl http://web:8080/a.html":                {"curl", "http", "web:8080!"},
		"jdbc:mysql://user:pw@db.shop.svc:3306/x":    {"jdbc", "mysql", "pw", "db.shop.svc:3306!"},
		"SOURCE_HOST = 'mysql-0.mysql', PORT":        {"mysql-0.mysql"},
		`getent hosts "$1.mysql"`:                    {"getent", "hosts", "$1 mysql!"},
		`-h "$HOSTNAME.mysql" ${donor}.mysql:3306`:   {"$HOSTNAME mysql!", "$donor mysql:3306"},
		`"$MY_donor.mysql":3306`:                     {"$MY_donor mysql:3306"},
		"for peer in mysql-1 mysql-2; do":            {"for", "peer", "in", "mysql-1", "mysql-2", "do"},
		"cp /etc/mysql/my.cnf x_y.z":                 {"cp"},
		"127.0.0.1:80 10.0.0.1 3.5":                  nil,
		"# see mysql-9.mysql":                        nil,
		"f() { a(b); } $(cat x.y)":                   {"b", "cat", "x.y"},
		"--socket=/tmp/x.sock --host=db --port 3306": {"db!"},
	} {
		var got []string
		for _, m := range In(text) {
			if text[m.Offset:m.Offset+len(m.Name)] != m.Name {
				t.Errorf("%s: %s is not at %d", text, m.Name, m.Offset)
			}
			got = append(got, show(m))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestOffsetsCountAllLines(t *testing.T) {
	text := "#!/bin/sh\n# comment\nping mysql-0.mysql\n"
	found := In(text)
	if last := found[len(found)-1]; last.Name != "mysql-0.mysql" || text[last.Offset:last.Offset+5] != "mysql" {
		t.Errorf("found %+v", found)
	}
}

func TestValue(t *testing.T) {
	for text, want := range map[string]string{
		"mysql": "mysql!", "mysql-0.mysql": "mysql-0.mysql!", "db:3306": "db:3306!",
		"http://db": "", "10.0.0.1": "", "a,b": "", "$(HOST)": "", "": "", "Db": "",
	} {
		got := ""
		if m, ok := Value(text); ok {
			got = show(m)
		}
		if got != want {
			t.Errorf("Value(%q) is %q, want %q", text, got, want)
		}
	}
}
