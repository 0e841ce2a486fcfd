package ledger

// WithSynchronous sets SQLite's synchronous mode, for the control that must lose entries.
func WithSynchronous(o Options, mode string) Options {
	o.testOnlySynchronous = mode
	return o
}
