// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import io.github.mcpoauth.testing.MainProcess;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process whose class path has Spring AI and the MCP SDK, and neither the WebFlux
 * transport nor Netty.
 */
class HttpClientTransportProcessTests {

	private static final Pattern ABSENT = Pattern
		.compile("mcp-spring-.*|spring-ai-autoconfigure-mcp-client-webflux.*|reactor-netty.*|netty-.*|lettuce.*"
				+ "|spring-boot-(starter-)?(data|reactor-netty|netty|test).*|spring-data-.*|postgresql.*|h2-.*|HikariCP.*"
				+ "|spring-boot-(jdbc|persistence|sql|transaction).*");

	@Test
	@DisplayName("Over the JDK's HTTP client everything works without the WebFlux transport and Netty")
	void mainWhenThereIsNoNettyLogsInAndCalls(@TempDir Path directory) throws Exception {
		List<String> classPath = MainProcess.classPathWithout(ABSENT);
		assertThat(classPath.stream().map(MainProcess::fileName))
			.noneMatch((name) -> name.contains("netty") || name.startsWith("mcp-spring"))
			.anyMatch((name) -> name.startsWith("spring-ai-autoconfigure-mcp-client-httpclient"));
		MainProcess process = MainProcess.run(HttpClientTransportApplication.class, directory, classPath);
		assertThat(process.output()).contains("Before: [demo_login_required]", "\"needs_reauth\":true", "After: [echo]",
				"Result: [{", "Session: {content=[{", "Refreshes: 1");
		assertThat(process.exitValue()).isZero();
	}

}
