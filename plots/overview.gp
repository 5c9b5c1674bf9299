# SPDX-License-Identifier: GPL-2.0-or-later
#
# overview.gp - the two regimes side by side. Left: cost of one operation against the number of
# regions, with the range of sizes that real boots have shaded. Right: what a whole boot takes.
#
# Started by curves.py like cost.gp. The data file has a block per variant for the left panel as
# cost.gp has it, one for null, and then a block per variant and condition for the right one:
#
#     x  median_us  low_us  high_us
#
# or, for more boots than can be named (shares), a block of points x share, and one of their median.

load vars
legend = "plot NaN notitle, for [v = 1:variants] keyentry with linespoints lt v ".\
	"title word(variant_names, v)".\
	(has_null ? ", keyentry with lines dt 1 lw 1 lc rgb '#909090' title 'null'" : "")

do for [format in "svg png"] {
	load here."/page.gp"
	set logscale xy
	set grid xtics ytics lt 1 lc rgb "#E4E4E4" lw 0.6
	set mytics 10

	set lmargin at screen panel_left(0)
	set rmargin at screen panel_left(0) + panel_w - 30*qx
	set tmargin at screen panel_top(0)
	set bmargin at screen panel_bottom(0)
	set xrange [xmin:xmax]
	set yrange [ymin:ymax]
	eval xtics_numbers
	eval ytics_numbers
	set xlabel "regions" offset 0, 0.3
	set label 1 left_title at graph 0, graph 1 left offset 0, 0.7 font "DejaVu Sans Bold,12"
	if (boots > 0) {
		set object 1 rectangle from boot_min, graph 0 to boot_max, graph 1 \
			fc rgb "#F2EEDC" fs solid noborder behind
		set label 2 "captured boots" at sqrt(1.0 * boot_min * boot_max), graph 0.97 center \
			font "DejaVu Sans,9" tc rgb "#605020"
	}
	plot for [v = 1:variants] data index v - 1 using 1:2:3:4 with yerrorlines lt v, \
		data index variants using 1:2 with lines dt 1 lw 1 lc rgb "#909090"
	unset object 1
	unset label
	unset mxtics
	unset xlabel

	if (boots > 0) {
		unset logscale x
		set lmargin at screen panel_left(1) + 30*qx
		set rmargin at screen panel_left(1) + panel_w
		set bmargin at screen panel_bottom(1)
		set xrange [-0.6:boots - 0.4]
		set yrange [boot_ymin:boot_ymax]
		eval xtics_boots
		set xtics font "DejaVu Sans,7.5"
		eval ytics_boots
		set grid noxtics
		set label 1 right_title at graph 0, graph 1 left offset 0, 0.7 \
			font "DejaVu Sans Bold,12"
		set label 2 right_note at graph 1, graph 1 right offset 0, 0.7 \
			font "DejaVu Sans,10" tc rgb "#404040"
		if (shares) {
			set xtics font "DejaVu Sans,10"
			plot 1 with lines dt 1 lw 1.5 lc rgb "#000000" notitle, \
				for [v = 1:variants] data index variants + 1 + 2 * (v - 1) using 1:2 \
				with points lt v pt OPEN[v] ps 0.7, \
				for [v = 1:variants] data index variants + 2 + 2 * (v - 1) \
				using ($1 - 0.4):2:(0.8):(0) with vectors nohead lt v dt 1 lw 3.5
		} else {
			plot for [v = 1:variants] data index variants + 1 + 2 * (v - 1) using 1:2:3:4 \
				with yerrorbars lt v dt 1 ps 1.1, \
				for [v = 1:variants] data index variants + 2 + 2 * (v - 1) using 1:2:3:4 \
				with yerrorbars lt v dt 1 pt OPEN[v] ps 1.1
		}
		unset label
	}
	unset multiplot
}
set output
