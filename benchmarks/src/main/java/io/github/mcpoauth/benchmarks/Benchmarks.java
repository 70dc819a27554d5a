// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.springframework.util.Assert;

/**
 * Measures all parts, or the named ones, and writes the results down.
 */
public final class Benchmarks {

	private Benchmarks() {
	}

	private static Map<String, Part> parts(Path project) {
		Map<String, Part> parts = new LinkedHashMap<>();
		parts.put(HotPath.NAME, new HotPath());
		parts.put(Misses.NAME, new Misses());
		parts.put(EndToEnd.NAME, new EndToEnd());
		parts.put(Storm.NAME, new Storm(project));
		parts.put(Waiting.NAME, new Waiting());
		parts.put(Contended.NAME, new Contended());
		parts.put(Fleet.NAME, new Fleet());
		parts.put(StartUp.NAME, new StartUp());
		parts.put(Commands.NAME, new Commands(project));
		parts.put(Scale.NAME, new Scale());
		return parts;
	}

	/**
	 * Measure.
	 * @param args directory of the project, then names of parts, empty for all
	 * @throws Exception if a part cannot be measured
	 */
	public static void main(String[] args) throws Exception {
		Path project = Path.of(args[0]);
		Path results = project.resolve("benchmarks/results");
		List<String> named = List.of(args).subList(1, args.length);
		if (!named.isEmpty() && Ratios.NAME.equals(named.get(0))) {
			new Ratios(project).print((named.size() > 1) ? named.get(1) : null);
			System.exit(0);
		}
		Map<String, Part> parts = parts(project);
		Collection<String> chosen = named.isEmpty() ? parts.keySet() : named;
		Assert.isTrue(parts.keySet().containsAll(chosen), () -> "Parts are " + parts.keySet());
		for (String name : chosen) {
			Part part = parts.get(name);
			if (part != null) {
				part.measure().write(results);
			}
		}
		new PerformancePage(project.resolve("docs/performance.md")).update(results);
		// Some of the clients keep threads
		System.exit(0);
	}

}
