# SPDX-License-Identifier: GPL-2.0-or-later
#
# replay.gp - time of a whole replay: a panel per boot, in it a group of bars per condition (caches
# warm, cold) and a bar per variant, with a scale of its own that begins at 0.
#
# Started by curves.py like cost.gp. The data file has variants + 2 blocks per panel; the last two
# are null's, a line across its group, and those of the -O2 build, a mark each:
#
#     x  median_us  low_us  high_us  text  text_x  text_y
#     from  width  median_us
#     x  median_us

load vars
legend = "plot NaN notitle"

do for [format in "svg png"] {
	load here."/page.gp"
	set xrange [-0.8:groups * (variants + 1) - 1.2]
	set boxwidth 0.86
	set grid ytics lt 1 lc rgb "#E4E4E4" lw 0.6
	set xtics scale 0
	set ytics font "DejaVu Sans,10"
	eval xtics_groups

	# A legend by hand: bars are filled twice, with a colour and a pattern, and a key shows one.
	at = 50
	do for [v = 1:variants] {
		set label 10 + v word(variant_names, v) at screen at*qx, screen 1 - 68*px left \
			font "DejaVu Sans,11"
		do for [layer = 0:1] {
			set object 2*v + layer rectangle front from screen (at - 34)*qx, screen 1 - 75*px \
				to screen (at - 6)*qx, screen 1 - 61*px
		}
		set object 2*v fs solid noborder fc rgb LIGHT[v]
		set object 2*v + 1 fs transparent pattern PATTERN[v] border lc rgb "#202020" \
			fc rgb "#202020"
		at = at + 60 + 7.2 * strlen(word(variant_names, v))
	}

	do for [p = 0:panels - 1] {
		set lmargin at screen panel_left(p) + 30*qx
		set rmargin at screen panel_left(p) + panel_w
		set tmargin at screen panel_top(p) - 14*px
		set bmargin at screen panel_bottom(p)
		set label 1 word(panel_names, p + 1) at graph 0.5, graph 1 center offset 0, 1.9 \
			font strlen(word(panel_names, p + 1)) > 34 ? \
			"DejaVu Sans Bold,9" : "DejaVu Sans Bold,11"
		set yrange [0:TOP[p + 1]]
		set label 2 panel_notes[p + 1] at graph 0.5, graph 1 center offset 0, 0.8 \
			font "DejaVu Sans,9" tc rgb "#404040"
		if (p % columns == 0) {
			set ylabel "time of the replay, µs" offset 1.2, 0
		} else {
			unset ylabel
		}
		first = p * (variants + 2)
		plot for [v = 1:variants] data index first + v - 1 using 1:2 with boxes \
			fs solid noborder fc rgb LIGHT[v], \
			for [v = 1:variants] data index first + v - 1 using 1:2 with boxes \
			fs transparent pattern PATTERN[v] border lc rgb "#202020" fc rgb "#202020", \
			for [v = 1:variants] data index first + v - 1 \
			using 1:3:(0):($4 - $3) with vectors heads size 0.09,90 lw 1.2 lc rgb "#202020", \
			for [v = 1:variants] data index first + v - 1 using 6:7:5 with labels \
			offset 0, 0.6 font "DejaVu Sans,9", \
			data index first + variants using 1:3:2:(0) with vectors nohead \
			lw 1.4 lc rgb "#707070", \
			data index first + variants + 1 using 1:2 with points pt 13 ps 1.1 lc rgb "#FFFFFF", \
			data index first + variants + 1 using 1:2 with points pt 12 ps 1.0 lc rgb "#000000"
		unset object
		unset for [v = 1:variants] label 10 + v
	}
	unset multiplot
}
set output
