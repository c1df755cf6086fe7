// Redis serves at ADDRESS what Argo CD keeps in Redis: redis ADDRESS.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/alicebob/miniredis/v2"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: redis ADDRESS")
		os.Exit(2)
	}
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "redis:", err)
		os.Exit(1)
	}
	// Its clock stands still unless somebody moves it; Argo CD asks git again when a key has expired.
	for range time.Tick(time.Second) {
		server.FastForward(time.Second)
	}
}
