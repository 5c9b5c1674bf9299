# SPDX-License-Identifier: GPL-2.0-or-later
#
# page.gp - one page in one format: loaded by the chart scripts once for "svg" and once for "png".
#
# Expects: format, stem (output without suffix), width, height (pixels of the SVG; the PNG has twice
# as many), left_pixels, bottom_pixels, gap_pixels (between rows), title, subtitle,
# command, origin, mark (why this is no measurement, or ""), legend (a plot command whose key is the legend). Leaves a multiplot open with
# title, legend and caption printed; the panels have from bottom_y to top_y for themselves, in
# fractions of the page.

if (format eq "svg") {
	set terminal svg size width,height noenhanced font "DejaVu Sans,13" background "white"
} else {
	set terminal pngcairo size 2*width,2*height noenhanced font "DejaVu Sans,12" \
		fontscale 2 linewidth 2 pointscale 2 background "white"
}
set output stem.".".format
set multiplot
reset # what the format before left; line types stay

px = 1.0 / height   # one pixel of the page's height
qx = 1.0 / width
top_y = 1 - 90 * px
bottom_y = bottom_pixels * px

set label 91 title at screen 16*qx, screen 1 - 22*px left font "DejaVu Sans Bold,15"
set label 92 subtitle at screen 16*qx, screen 1 - 44*px left font "DejaVu Sans,11" tc rgb "#404040"
set label 95 mark at screen 1 - 16*qx, screen 1 - 22*px right font "DejaVu Sans Bold,14" tc rgb "#B00000"
set label 93 command at screen 16*qx, screen 30*px left font "DejaVu Sans Mono,9" tc rgb "#606060"
set label 94 origin at screen 16*qx, screen 14*px left font "DejaVu Sans,9" tc rgb "#606060"
# The legend is a plot of its own: a key cannot be wider than the plot that it belongs to.
set key at screen 10*qx, screen 1 - 71*px left center horizontal Left reverse \
	samplen 3 width 1.5 font "DejaVu Sans,11"
set lmargin at screen 16*qx
set rmargin at screen 1 - 16*qx
set tmargin at screen 1 - 58*px
set bmargin at screen 1 - 78*px
unset border
unset tics
set xrange [0:1]
set yrange [0:1]
eval legend
unset key
unset label

set xtics
set ytics
set border 3 lc rgb "#606060"
set tics nomirror out textcolor rgb "#202020" scale 0.6 font "DejaVu Sans,11"

# Panels lie on a grid of `columns` and `rows`, counted from 0 at the top left.
gap_x = 22 * qx
gap_y = gap_pixels * px
left_x = left_pixels * qx
panel_w = (1 - left_x - 20 * qx - gap_x * (columns - 1)) / columns
panel_h = (top_y - bottom_y - gap_y * (rows - 1)) / rows
panel_left(p) = left_x + (p % columns) * (panel_w + gap_x)
panel_top(p) = top_y - 24*px - (p / columns) * (panel_h + gap_y)
panel_bottom(p) = panel_top(p) - panel_h + 24*px
