//go:build e2e

package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/kube-lab/kube-lab/test/kube"
)

const replicas = 3

type claimList struct {
	Items []struct {
		Metadata struct{ Name string }
		Status   struct {
			Phase    string
			Capacity struct{ Storage string }
		}
	}
}

// sql runs a statement on a server as root; the client inside the Pod knows
// the password.
func sql(t *testing.T, pod string, args ...string) kube.Command {
	t.Helper()
	return kube.Try(t, "", append([]string{"-n", kube.Namespace, "exec", pod, "-c", "mysql", "--", "mysql", "--connect-timeout=5", "-N"}, args...)...)
}

func testMySQL(t *testing.T) {
	t.Run("claims", testClaims)
	t.Run("replicates", testReplicates)
	t.Run("replicas refuse writes", testReplicasRefuseWrites)
	t.Run("mysql-read spreads", testReadServiceSpreads)
	t.Run("mysql-0 comes back with its data", testPrimaryComesBack)
}

func testClaims(t *testing.T) {
	claims := kube.Get[claimList](t, "pvc").Items
	if len(claims) != replicas {
		t.Errorf("want %d claims, got %d", replicas, len(claims))
	}
	for _, c := range claims {
		if c.Status.Phase != "Bound" || c.Status.Capacity.Storage != "5Gi" {
			t.Errorf("claim %s: want Bound with 5Gi, got %s with %s", c.Metadata.Name, c.Status.Phase, c.Status.Capacity.Storage)
		}
	}
}

// Rows written on mysql-0 are read on every server and through mysql-read.
func testReplicates(t *testing.T) {
	write(t, "replicates")
	for _, target := range []string{"mysql-0.mysql", "mysql-1.mysql", "mysql-2.mysql", "mysql-read"} {
		wantRow(t, target, "replicates")
	}
}

// catchUp is how long clients and replicas may need to find a primary that
// has come back: cluster DNS answers with the old address, or with none, for
// up to 30 seconds, and a replica tries again every 5.
const catchUp = time.Minute

// write adds a row on the primary, by the name that its Service gives it.
func write(t *testing.T, row string) {
	t.Helper()
	kube.Eventually(t, catchUp, func() string {
		c := sql(t, "mysql-1", "-h", "mysql-0.mysql", "-e", fmt.Sprintf(
			"CREATE DATABASE IF NOT EXISTS e2e; CREATE TABLE IF NOT EXISTS e2e.t (word VARCHAR(40) PRIMARY KEY); REPLACE INTO e2e.t VALUES ('%s')", row))
		if c.Err != nil {
			return fmt.Sprintf("writing on mysql-0: %v\n%v", c.Err, c)
		}
		return ""
	})
}

// wantRow waits until the server behind a host name has the row.
func wantRow(t *testing.T, host, row string) {
	t.Helper()
	kube.Eventually(t, catchUp, func() string {
		c := sql(t, "mysql-1", "-h", host, "-e", fmt.Sprintf("SELECT word FROM e2e.t WHERE word = '%s'", row))
		if strings.TrimSpace(c.Stdout) == row {
			return ""
		}
		return fmt.Sprintf("%s does not have the row %q: %v", host, row, c)
	})
}

func testReplicasRefuseWrites(t *testing.T) {
	for _, pod := range []string{"mysql-1", "mysql-2"} {
		c := sql(t, pod, "-e", "CREATE DATABASE refused")
		if c.Err == nil || !strings.Contains(c.Stderr, "ERROR 1290") {
			t.Errorf("want %s to refuse a write with ERROR 1290, got %v\n%v", pod, c.Err, c)
		}
	}
}

// Connections through mysql-read reach all three servers.
func testReadServiceSpreads(t *testing.T) {
	seen := map[string]bool{}
	kube.Eventually(t, time.Minute, func() string {
		c := sql(t, "mysql-0", "-h", "mysql-read", "-e", "SELECT @@server_id")
		if c.Err == nil {
			seen[strings.TrimSpace(c.Stdout)] = true
		}
		if len(seen) == replicas {
			return ""
		}
		return fmt.Sprintf("mysql-read led to the servers %v only", seen)
	})
}

func testPrimaryComesBack(t *testing.T) {
	write(t, "before")
	old := kube.Get[pod](t, "pod", "mysql-0").Metadata.UID
	kube.Ctl(t, "-n", kube.Namespace, "delete", "pod", "mysql-0", "--timeout=3m")
	kube.Eventually(t, time.Minute, func() string {
		if c := kube.Try(t, "", "-n", kube.Namespace, "get", "pod", "mysql-0", "-o", "jsonpath={.metadata.uid}"); c.Err != nil || c.Stdout == old {
			return "mysql-0 does not come back"
		}
		return ""
	})
	kube.Ctl(t, "-n", kube.Namespace, "wait", "pod", "--all", "--for=condition=Ready", "--timeout=5m")
	write(t, "after")
	for _, host := range []string{"mysql-0.mysql", "mysql-1.mysql", "mysql-2.mysql"} {
		wantRow(t, host, "before")
		wantRow(t, host, "after")
	}
}
