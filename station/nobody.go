package station

import (
	"sync"
	"time"
)

// Refusals of requests that come without a session: anybody who reaches the socket can ask for them, as often as he likes. What
// the leaves of two of them say is the same when act and code, and for a login the reader (and after a wrong PIN the tries left), are the same; then one leaf within
// nobodyWait is enough. The first is always recorded. The ledger thus grows by no more than acts times codes in that time,
// whatever numbers the requests name.

// nobodyWait is how long a refusal on record stands for equal ones.
const nobodyWait = time.Minute

// nobodyKey is what tells two of these refusals apart.
type nobodyKey struct {
	act, code, subject string
}

// nobodyCount is one refusal on record.
type nobodyCount struct {
	at    time.Duration // of the monotonic clock, when it was recorded
	again int64         // equal ones since
}

// nobodyLimit remembers what was refused to nobody lately. The zero value is ready.
type nobodyLimit struct {
	mu   sync.Mutex
	seen map[nobodyKey]*nobodyCount
}

// first says whether a refusal is to be recorded; if not, again is how many equal ones were kept off the record.
func (l *nobodyLimit) first(k nobodyKey, now time.Duration) (record bool, again int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if c := l.seen[k]; c != nil && now-c.at < nobodyWait {
		c.again++
		return false, c.again
	}
	for old, c := range l.seen { // keeps the map as small as what one nobodyWait can bring
		if now-c.at >= nobodyWait {
			delete(l.seen, old)
		}
	}
	if l.seen == nil {
		l.seen = map[nobodyKey]*nobodyCount{}
	}
	l.seen[k] = &nobodyCount{at: now}
	return true, 0
}

// forget takes back first, because the record could not be written.
func (l *nobodyLimit) forget(k nobodyKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.seen, k)
}

// power says whether n is 1, 2, 4, 8, ...: how often a count is worth a line of the log.
func power(n int64) bool { return n > 0 && n&(n-1) == 0 }
