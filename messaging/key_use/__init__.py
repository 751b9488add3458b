"""When and from where API keys were last used: noted in the regions, told to the control plane by a task."""
