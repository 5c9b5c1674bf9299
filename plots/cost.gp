# SPDX-License-Identifier: GPL-2.0-or-later
#
# cost.gp - cost of an operation against the number of regions: a panel per operation, a line per
# variant, both axes logarithmic and the same in all panels.
#
# Started by curves.py as: gnuplot -e 'vars="FILE.vars"; here="plots"' cost.gp. The vars file sets
# what differs from run to run; the data file has for each panel one block per variant and one for
# null, a line across:
#
#     regions  median_ns  low_ns  high_ns        regions  median_ns

load vars
legend = "plot NaN notitle, for [v = 1:variants] keyentry with linespoints lt v ".\
	"title word(variant_names, v)".\
	(has_null ? ", keyentry with lines dt 1 lw 1 lc rgb '#909090' title 'null (the harness)'" : "")

do for [format in "svg png"] {
	load here."/page.gp"
	set logscale xy
	set xrange [xmin:xmax]
	set yrange [ymin:ymax]
	set mytics 10
	set grid xtics ytics lt 1 lc rgb "#E4E4E4" lw 0.6

	do for [p = 0:panels - 1] {
		set lmargin at screen panel_left(p)
		set rmargin at screen panel_left(p) + panel_w
		set tmargin at screen panel_top(p)
		set bmargin at screen panel_bottom(p)
		set label 1 word(panel_names, p + 1) at graph 0.5, graph 1 center offset 0, 0.6 \
			font "DejaVu Sans Bold,12"
		# Numbers at the outer panels only; the last of a column is an outer one.
		eval (p % columns == 0 ? ytics_numbers : ytics_bare)
		eval (p + columns >= panels ? xtics_numbers : xtics_bare)
		if (p + columns >= panels) {
			set xlabel "regions" offset 0, 0.4
		} else {
			unset xlabel
		}
		plot for [v = 1:variants] data index p * (variants + 1) + v - 1 \
			using 1:2:3:4 with yerrorlines lt v, \
			data index p * (variants + 1) + variants using 1:2 \
			with lines dt 1 lw 1 lc rgb "#909090"
	}
	unset multiplot
}
set output
