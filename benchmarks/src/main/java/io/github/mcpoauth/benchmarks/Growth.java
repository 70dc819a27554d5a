// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Map.Entry;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Curves of cost against number, one for each kind of thing that there can be many of.
 * The points are medians of the values that the parts have kept, whose names have the
 * number in them.
 */
final class Growth {

	private static final List<Curve> CURVES = List.of(
			new Curve("servers", "scale", "servers",
					Map.of("start, ms", "start with (\\d+) servers, ms", "a request, ns of CPU time",
							"hot path with (\\d+) servers, ns")),
			new Curve("principals", "misses", "principals stored",
					Map.of("first request, PostgreSQL, us", "PostgreSQL, (\\d+) stored, request, us",
							"request in memory, us", "PostgreSQL, (\\d+) stored, in memory, us")),
			new Curve("waiters", "storm", "requests that meet a 401 together",
					Map.of("the storm, ms", "starter, first storm of an application, (\\d+) requests, ms",
							"the limit, ms", "limit, (\\d+) requests, ms")),
			new Curve("processes", "contended", "processes on one file",
					Map.of("the last one has the token, ms", "last of (\\d+) processes, ms")),
			new Curve("nodes", "fleet", "nodes on one database",
					Map.of("PostgreSQL, polling, ms",
							"PostgreSQL, a look each minute, (\\d+) nodes, \\d+ expiries, a node waits, p99, ms",
							"PostgreSQL, listening, ms",
							"PostgreSQL, listening, (\\d+) nodes, \\d+ expiries, a node waits, p99, ms", "Redis, ms",
							"Redis, (\\d+) nodes, \\d+ expiries, a node waits, p99, ms")));

	private static final List<String> COLOURS = List.of("#1f6fb4", "#c8553d", "#3a7d44");

	private static final int WIDTH = 640;

	private static final int HEIGHT = 320;

	private static final int MARGIN = 60;

	private Growth() {
	}

	/**
	 * Draw the curves whose parts have been measured.
	 * @param results directory with the results
	 * @param pictures directory of the pictures
	 * @return the pictures in Markdown, for a page beside that directory
	 * @throws IOException if a file cannot be read or written
	 */
	static String draw(Path results, Path pictures) throws IOException {
		Files.createDirectories(pictures);
		StringBuilder page = new StringBuilder();
		for (Curve curve : CURVES) {
			Path result = results.resolve(curve.part() + ".json");
			if (Files.exists(result)) {
				Map<String, SortedMap<Double, Double>> lines = curve
					.lines(JsonMapper.shared().readTree(Files.readString(result)).get("samples"));
				if (lines.size() == curve.lines().size()
						&& lines.values().stream().allMatch((line) -> line.size() > 1)) {
					String file = curve.name() + ".svg";
					Files.writeString(pictures.resolve(file), svg(curve.number(), lines));
					page.append("![Cost against the number of %s](%s/%s)%n%n".formatted(curve.number(),
							pictures.getFileName(), file));
				}
			}
		}
		return page.toString();
	}

	/**
	 * Both axes are logarithmic, so that a straight line is growth by a power.
	 */
	private static String svg(String number, Map<String, SortedMap<Double, Double>> lines) {
		Axis across = Axis.of(lines.values().stream().flatMap((line) -> line.keySet().stream()).toList(), MARGIN,
				WIDTH - MARGIN / 2);
		Axis up = Axis.of(lines.values().stream().flatMap((line) -> line.values().stream()).toList(), HEIGHT - MARGIN,
				MARGIN);
		StringBuilder svg = new StringBuilder("""
				<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">
				<rect width="100%%" height="100%%" fill="#fff"/>
				""".formatted(WIDTH, HEIGHT));
		for (int power = across.from(); power <= across.to(); power++) {
			double x = across.place(Math.pow(10, power));
			line(svg, x, HEIGHT - MARGIN, x, MARGIN);
			text(svg, x, HEIGHT - MARGIN + 16, "middle", "#333", label(power));
		}
		for (int power = up.from(); power <= up.to(); power++) {
			double y = up.place(Math.pow(10, power));
			line(svg, MARGIN, y, WIDTH - MARGIN / 2, y);
			text(svg, MARGIN - 6, y + 4, "end", "#333", label(power));
		}
		text(svg, WIDTH / 2.0, HEIGHT - 16, "middle", "#333", number);
		int colour = 0;
		for (Entry<String, SortedMap<Double, Double>> entry : lines.entrySet()) {
			String of = COLOURS.get(colour);
			text(svg, MARGIN + colour * 190, 24, "start", of, entry.getKey());
			StringBuilder points = new StringBuilder();
			entry.getValue().forEach((count, cost) -> {
				points.append(String.format(Locale.ROOT, "%.1f,%.1f ", across.place(count), up.place(cost)));
				svg.append(String.format(Locale.ROOT, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"3\" fill=\"%s\"/>\n",
						across.place(count), up.place(cost), of));
			});
			svg.append("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n"
				.formatted(points.toString().strip(), of));
			colour++;
		}
		return svg.append("</svg>\n").toString();
	}

	private static void line(StringBuilder svg, double x1, double y1, double x2, double y2) {
		svg.append(String.format(Locale.ROOT,
				"<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"#ddd\"/>\n", x1, y1, x2, y2));
	}

	private static void text(StringBuilder svg, double x, double y, String anchor, String colour, String text) {
		svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" fill=\"%s\">%s</text>\n",
				x, y, anchor, colour, text));
	}

	private static String label(int power) {
		return (power >= 0) ? String.format(Locale.ROOT, "%,d", (long) Math.pow(10, power)).replace(',', ' ')
				: Double.toString(Math.pow(10, power));
	}

	/**
	 * A curve.
	 *
	 * @param name name of the picture
	 * @param part the part that has the points
	 * @param number what there are many of
	 * @param lines for the title of each line, the names of its values, in which the
	 * group is the number
	 */
	private record Curve(String name, String part, String number, Map<String, String> lines) {

		Map<String, SortedMap<Double, Double>> lines(JsonNode samples) {
			Map<String, SortedMap<Double, Double>> found = new LinkedHashMap<>();
			new TreeMap<>(this.lines).forEach((title, names) -> {
				SortedMap<Double, Double> points = new TreeMap<>();
				for (Entry<String, JsonNode> sample : samples.properties()) {
					Matcher matcher = Pattern.compile(names).matcher(sample.getKey());
					if (matcher.matches()) {
						points.put(Double.valueOf(matcher.group(1)), Samples.of(values(sample.getValue())).median());
					}
				}
				if (!points.isEmpty()) {
					found.put(title, points);
				}
			});
			return found;
		}

		private static List<Double> values(JsonNode array) {
			return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asDouble).toList();
		}

	}

	/**
	 * A logarithmic axis.
	 *
	 * @param from the power of ten at its beginning
	 * @param to the power of ten at its end
	 * @param begin where it begins
	 * @param end where it ends
	 */
	private record Axis(int from, int to, double begin, double end) {

		static Axis of(List<Double> values, double begin, double end) {
			List<Double> powers = new ArrayList<>(values.stream().map(Math::log10).sorted().toList());
			int from = (int) Math.floor(powers.get(0));
			int to = (int) Math.ceil(powers.get(powers.size() - 1));
			return new Axis(from, Math.max(to, from + 1), begin, end);
		}

		double place(double value) {
			return this.begin + (this.end - this.begin) * (Math.log10(value) - this.from) / (this.to - this.from);
		}

	}

}
