package manifest

import "testing"

func TestFormatNamesItems(t *testing.T) {
	object := Object{Fields: map[string]any{
		"data": map[string]any{"my.cnf": "x", "plain": "y"},
		"spec": map[string]any{
			"containers": []any{
				map[string]any{"name": "web", "image": "nginx"},
				map[string]any{"name": "helper", "ports": []any{
					map[string]any{"containerPort": int64(53), "protocol": "UDP"},
					map[string]any{"containerPort": int64(53), "protocol": "TCP"},
				}},
			},
			"args": []any{"a", "b"},
		},
	}}
	for _, c := range []struct {
		path Path
		want string
	}{
		{Path{"data", "my.cnf"}, `data["my.cnf"]`},
		{Path{"data", "plain"}, "data.plain"},
		{Path{"spec", "containers", "0", "image"}, "spec.containers[name=web].image"},
		{Path{"spec", "containers", "1", "ports", "1", "protocol"}, "spec.containers[name=helper].ports[1].protocol"},
		{Path{"spec", "args", "1"}, "spec.args[1]"},
		{Path{"spec", "containers", "0", "missing"}, "spec.containers[name=web].missing"},
		{Path{"spec", "missing", "0"}, "spec.missing.0"},
		{nil, ""},
	} {
		if got := object.Format(c.path); got != c.want {
			t.Errorf("Format(%q) = %s, want %s", c.path, got, c.want)
		}
	}
}

func TestPathString(t *testing.T) {
	if got := (Path{"spec", "ports", "0", "port"}).String(); got != "spec.ports[0].port" {
		t.Errorf("got %s", got)
	}
	if got := (Path{"data", "a b"}).String(); got != `data["a b"]` {
		t.Errorf("got %s", got)
	}
}

func TestPosString(t *testing.T) {
	for want, pos := range map[string]Pos{
		"a.yaml:3:5": {"a.yaml", 3, 5}, "a.yaml:3": {File: "a.yaml", Line: 3}, "a.yaml": {File: "a.yaml"},
	} {
		if got := pos.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestRefGroup(t *testing.T) {
	for version, want := range map[string]string{"v1": "", "apps/v1": "apps", "": ""} {
		if got := (Ref{APIVersion: version}).Group(); got != want {
			t.Errorf("Group of %q = %q, want %q", version, got, want)
		}
	}
}

func TestPathCompare(t *testing.T) {
	ordered := []Path{nil, {"spec"}, {"spec", "2"}, {"spec", "10"}, {"spec", "a"}, {"status"}}
	for i := range ordered {
		for j := range ordered {
			if got := ordered[i].Compare(ordered[j]); (got < 0) != (i < j) || (got == 0) != (i == j) {
				t.Errorf("%v.Compare(%v) = %d", ordered[i], ordered[j], got)
			}
		}
	}
}
