package ledger

// WithSynchronous sets SQLite's synchronous mode, for the control that must lose entries.
func WithSynchronous(o Options, mode string) Options {
	o.testOnlySynchronous = mode
	return o
}

// CloseHead closes the head file under a running ledger, so that its next write fails: after the COMMIT.
func CloseHead(l *Ledger) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.head.f.Close()
}
