// Package station is the appliance's work: it registers carriers, has people count, seal, approve and authorise them, gives the
// machine its permission, weighs the evidence, and issues the certificate.
package station
