package pcscd

// Namespace is how a private mount namespace is entered here; nil: not at all.
var Namespace = namespace
