// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

import com.sun.management.OperatingSystemMXBean;

/**
 * The machine that this runs on.
 */
final class Machine {

	private static final Path CPU = Path.of("/proc/cpuinfo");

	private Machine() {
	}

	static Map<String, Object> description() throws IOException {
		OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
		Map<String, Object> description = new LinkedHashMap<>();
		description.put("cpu", cpu());
		description.put("cores", Runtime.getRuntime().availableProcessors());
		description.put("memoryGb", Math.round(system.getTotalMemorySize() / 1e9));
		description.put("system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
		description.put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
		return description;
	}

	private static String cpu() throws IOException {
		if (!Files.exists(CPU)) {
			return System.getProperty("os.arch");
		}
		return Files.readAllLines(CPU)
			.stream()
			.filter((line) -> line.startsWith("model name"))
			.findFirst()
			.map((line) -> line.substring(line.indexOf(':') + 1).strip())
			.orElse(System.getProperty("os.arch"));
	}

}
