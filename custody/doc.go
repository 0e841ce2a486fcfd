// Package custody is the life of a carrier as a pure state machine: what may
// happen to it, who must have done what before, and what the evidence of a
// machine amounts to. The station and an inspector replay the same history
// through the same code.
//
// It follows the rules for state-secret carriers (law of 2024, art. 26 and 28;
// implementing regulation of 2024, art. 27 and 28: counted, numbered, entered,
// signed for; approved before the act; destroyed beyond restoration by two
// persons) and the separation of performer and witness in NIST SP 800-88.
//
// A carrier and a batch each have one table (transitions.go). Apply and
// ApplyBatch answer single cells; Step applies one ledger event to all it
// touches and adds what a table cannot say: distinct persons and credentials,
// an approver who takes no part, the same manifest in every signature, a
// verdict that Judge finds in the evidence, evidence windows that do not
// overlap, and must-return carriers that never reach a manifest.
//
// The diagram is generated from the tables (go test -run Diagram -update).
//
//	carrier        on event           becomes
//	unknown        register           registered
//	               enter-copy         received
//	registered     receive            received
//	               report-missing     missing
//	               re-mark            registered
//	received       count              counted
//	               report-missing     missing
//	               archive            archived (final)
//	               transfer           transferred (final)
//	               return             returned (final)
//	               declassify         declassified (final)
//	               move               received
//	               re-mark            received
//	               consign            consigned (final)
//	counted        count              counted
//	               report-missing     missing
//	               seal               sealed
//	               archive            archived (final)
//	               transfer           transferred (final)
//	               return             returned (final)
//	               declassify         declassified (final)
//	               move               counted
//	               re-mark            counted
//	               consign            consigned (final)
//	missing        find               received
//	               write-off          lost (final)
//	               re-mark            missing
//	sealed         approve            approved
//	               reject             counted
//	               void               counted
//	approved       void               counted
//	               authorise          authorised
//	authorised     void               counted
//	               release            released
//	released       release            released
//	               withdraw           released
//	               confirm-destroyed  destroyed (final)
//	               mark-unverified    unverified
//	               mark-disputed      disputed
//	               mark-indeterminate indeterminate
//	               leave-unfed        counted
//	destroyed      certify            certified (final)
//	unverified     resolve-destroyed  resolved (final)
//	               resolve-held       counted
//	               resolve-lost       lost (final)
//	disputed       resolve-destroyed  resolved (final)
//	               resolve-held       counted
//	               resolve-lost       lost (final)
//	indeterminate  resolve-destroyed  resolved (final)
//	               resolve-held       counted
//	               resolve-lost       lost (final)
//	resolved       certify            certified (final)
//	consigned      certify-elsewhere  destroyed-elsewhere (final)
//
//	batch          on event           becomes
//	unknown        open               opened
//	opened         seal               sealed
//	               void               void (final)
//	sealed         approve            approved
//	               reject             void (final)
//	               void               void (final)
//	approved       void               void (final)
//	               authorise          authorised
//	authorised     void               void (final)
//	               release            released
//	               withdraw           authorised
//	released       withdraw           withdrawn
//	               reconcile          reconciled
//	withdrawn      release            released
//	               withdraw           withdrawn
//	               reconcile          reconciled
//	reconciled     complete           completed
//	completed      certify            certified (final)
//	certified      certify            certified (final)
//
//	whereabouts    on event           becomes
//	nowhere        shelve             on-shelf
//	               go-missing         nowhere
//	on-shelf       handle             on-shelf
//	               hand-out           offered
//	               send               in-transit
//	               let-go             nowhere
//	               feed               nowhere
//	               go-missing         nowhere
//	offered        take-to-read       circulating
//	               take-on-loan       on-loan
//	               take-outside       carried-out
//	               take-over          on-shelf
//	               give-back          on-shelf
//	               go-missing         nowhere
//	circulating    bring-back         on-shelf
//	               extend             circulating
//	               go-missing         nowhere
//	on-loan        bring-back         on-shelf
//	               extend             on-loan
//	               go-missing         nowhere
//	carried-out    bring-back         on-shelf
//	               extend             carried-out
//	               go-missing         nowhere
//	in-transit     sign-for           in-transit
//	               give-back          on-shelf
//	               settle             nowhere
//	               go-missing         nowhere
//
//	request        on event           becomes
//	none           open               open
//	open           audit              audited
//	               approve            approved
//	               reject             rejected
//	               withdraw           withdrawn
//	audited        approve            approved
//	               reject             rejected
//	               withdraw           withdrawn
//	approved       use                approved
//	               use-up             used
//
//	movement       on event           becomes
//	none           open               opened
//	opened         accept             accepted
//	               refuse             opened
//	               cancel             opened
//	               lose               opened
//	               accept-last        closed
//	               refuse-last        refused
//	               cancel-last        cancelled
//	               lose-last          cancelled
//	accepted       accept             accepted
//	               renew              accepted
//	               refuse             accepted
//	               cancel             accepted
//	               return             accepted
//	               settle             accepted
//	               lose               accepted
//	               accept-last        closed
//	               refuse-last        closed
//	               cancel-last        closed
//	               return-last        closed
//	               settle-last        closed
//	               lose-last          closed
//
//	clear-out      on event           becomes
//	none           open               opened
//	opened         propose            opened
//	               approve            approved
//	approved       carry-out          approved
//	               close              closed
//
//	inspection     on event           becomes
//	none           open               opened
//	opened         hand-in            counted
//	               hand-in-clean      closed
//	               enter-finding      opened
//	               end-finding        opened
//	               end-last-finding   opened
//	counted        enter-finding      counted
//	               end-finding        counted
//	               end-last-finding   closed
//	closed         enter-finding      counted
//
//	finding        on event           becomes
//	none           open               open
//	open           correct            corrected
//	corrected      accept             closed
//	               send-back          open
//
// Every other cell refuses with a Key that has a sentence in Chinese and
// English. Destroyed and resolved are final although a certificate still
// follows: certified keeps the disposition. Withdrawal leaves a carrier
// released, since what is in the cutter finishes; whether the machine holds a
// permission is the batch's state.
//
// Units: masses in milligrams, energy in joules, times UTC.
//
// Failure modes: Step returns a *Refusal for what may not happen and another
// error when its View cannot answer; in both cases the change is empty.
//
// What it does not do: it checks no signature (ledger/leaf does), does not ask
// whether the policy allows an act (policy does), does not know who is
// enrolled (ledger/index does), and has no clock: every time is that of the
// record. A carrier that was written off and turns up again is registered
// anew. A carrier that was entered as missing before anybody signed for it is
// signed for by who records that it was found.
package custody
