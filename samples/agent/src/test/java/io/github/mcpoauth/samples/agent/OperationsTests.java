// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.agent;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.test.AutoConfigureMcpTestServers;
import io.github.mcpoauth.test.McpTestServer;
import io.github.mcpoauth.test.McpTestServers;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the files for operators name series that a running agent has.
 */
@SpringBootTest
@AutoConfigureMcpTestServers("linear")
class OperationsTests {

	private static final Pattern METRIC = Pattern.compile("mcp_oauth_\\w+");

	private static final Pattern LABEL = Pattern.compile("(\\w+)=~?\\\\?\"");

	private static final Pattern GROUPING = Pattern.compile("by \\(([^)]*)\\)");

	@Test
	void seriesOfRulesAndDashboardAreThoseOfARunningAgent(@Autowired McpTestServers servers,
			@Autowired McpToolClient tools, @Autowired PrometheusMeterRegistry registry) throws Exception {
		CountDownLatch expiry = new CountDownLatch(1);
		registry.config().onMeterAdded((meter) -> {
			if (meter.getId().getName().equals("mcp.oauth.token.expiry")) {
				expiry.countDown();
			}
		});
		McpTestServer linear = servers.expired("linear").tool("search", "two issues");
		call(tools);
		// The first reading makes the agent look at its tokens
		assertThat(registry.scrape()).contains("mcp_oauth_servers");
		assertThat(expiry.await(1, TimeUnit.MINUTES)).isTrue();
		linear.rejectAccessTokens();
		call(tools);
		linear.revokeGrants();
		call(tools);
		Map<String, Set<String>> known = new HashMap<>();
		registry.scrape().lines().filter((line) -> !line.startsWith("#")).forEach((line) -> {
			String[] series = line.split("[{ ]", 2);
			known.computeIfAbsent(series[0], (name) -> new HashSet<>()).addAll(groups(LABEL, line));
		});
		for (String file : List.of("prometheus-rules.yml", "grafana-dashboard.json")) {
			assertThat(check(Path.of("../../operations", file), known)).as(file).isGreaterThan(8);
		}
	}

	private static int check(Path file, Map<String, Set<String>> known) throws IOException {
		int metrics = 0;
		for (String line : Files.readAllLines(file)) {
			for (String metric : METRIC.matcher(line).results().map(MatchResult::group).toList()) {
				assertThat(known).as(line).containsKey(metric);
				assertThat(known.get(metric)).as(line).containsAll(labels(line));
				metrics++;
			}
		}
		return metrics;
	}

	private static void call(McpToolClient tools) {
		assertThat(tools.callTool("linear", "search", Map.of()).block()).isNotNull();
	}

	private static Set<String> labels(String line) {
		Set<String> labels = new HashSet<>(groups(LABEL, line));
		groups(GROUPING, line).forEach((names) -> labels.addAll(List.of(names.split(", "))));
		return labels;
	}

	private static List<String> groups(Pattern pattern, String text) {
		return pattern.matcher(text).results().map((result) -> result.group(1)).toList();
	}

}
