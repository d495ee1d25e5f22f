/* A pin that is high while a region is timed, for an energy meter (boards/NAME.h says which). One implementation is
 * linked into an image for a board. */
#ifndef THIMBLE_PROBE_MARKER_H
#define THIMBLE_PROBE_MARKER_H

void marker_open(void);
void marker_set(int high);

#endif
