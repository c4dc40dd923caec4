"""The studio where the example data is made: shapes, paint, light, a depth sensor (needs Mitsuba)."""
