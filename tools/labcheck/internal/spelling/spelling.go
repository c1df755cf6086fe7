// Package spelling finds the name that was meant by one that nobody knows.
package spelling

import (
	"fmt"
	"strings"
)

// Closest returns the one of known that name was most likely meant to be, or
// "" if none is within two slips of the keyboard, or one where the name is
// short. Of several that are equally close it is the first.
func Closest(name string, known []string) string {
	best, least := "", max(1, min(2, len(name)/3))+1
	for _, candidate := range known {
		if strings.EqualFold(name, candidate) {
			return candidate
		}
		if d := distance(name, candidate); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// DidYouMean is the end of a message about an unknown name: `, did you mean
// "mysql"?`, or "" if no known name is close.
func DidYouMean(name string, known []string) string {
	if meant := Closest(name, known); meant != "" {
		return fmt.Sprintf(", did you mean %q?", meant)
	}
	return ""
}

// distance is the number of bytes to insert, delete, replace or swap with
// their neighbour to make a into b.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replace := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replace++
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
