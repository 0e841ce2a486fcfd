package station

import "sexton/web/api"

// Views of keys and ports; see views.go.
type (
	AttachedView = api.AttachedView
	KeyView      = api.KeyView
	PortView     = api.PortView
	USBView      = api.USBView
)
