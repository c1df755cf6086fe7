package spelling

import "testing"

func TestClosest(t *testing.T) {
	known := []string{"mysql", "mysql-read", "nginx", "containerPort", "web"}
	for name, want := range map[string]string{
		"mysq":          "mysql",
		"msyql":         "mysql", // two neighbours swapped
		"mysql-raed":    "mysql-read",
		"containerport": "containerPort", // only the case differs
		"wbe":           "web",
		"wxy":           "", // a short name allows one slip
		"postgres":      "",
		"":              "",
	} {
		if got := Closest(name, known); got != want {
			t.Errorf("Closest(%q) is %q, want %q", name, got, want)
		}
	}
}

func TestDidYouMean(t *testing.T) {
	if got, want := DidYouMean("ngnix", []string{"nginx"}), `, did you mean "nginx"?`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := DidYouMean("redis", []string{"nginx"}); got != "" {
		t.Errorf("got %s, want nothing", got)
	}
}
