package manifest

import (
	"slices"
	"strings"
	"testing"
)

func TestParseGiven(t *testing.T) {
	given, err := ParseGiven(" Secret/mysql[root-password, replication-password]\n ConfigMap/kube-system/cluster-info ServiceAccount/web ")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, g := range given {
		got = append(got, g.String()+" "+strings.Join(g.Keys, " "))
	}
	want := []string{"Secret/mysql root-password replication-password", "ConfigMap/kube-system/cluster-info ", "ServiceAccount/web "}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestParseGivenSaysWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"mysql":            `not "mysql"`,
		"Secret/":          `not "Secret/"`,
		"secret/mysql":     `not "secret/mysql"`,
		"Secret/a/b/c":     `not "Secret/a/b/c"`,
		"Secret/mysql[key": `at "[key"`,
		"[key]":            `at "[key]"`,
	} {
		if _, err := ParseGiven(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
