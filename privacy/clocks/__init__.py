"""Legal clocks as data: how long an answer, an extension, a take-over or a return may take, by law, from a day on."""
