// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

import io.github.mcpoauth.testing.MainProcess;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A process whose class path has nothing that is optional.
 */
class MinimalClassPathTests {

	private static final Pattern OPTIONAL = Pattern
		.compile("mcp-(core|json|spring|annotations).*|reactor-netty.*|netty-.*|jna-.*|micrometer-core.*|HdrHistogram.*"
				+ "|spring-boot-(actuator|health|data|jdbc|persistence|sql|transaction|micrometer|reactor-netty|netty|restclient|test).*"
				+ "|spring-(jdbc|tx|data|oxm|context-support|test|ai|security)-.*|lettuce.*|redis.*|postgresql.*|h2-.*|HikariCP.*"
				+ "|mockito.*|byte-buddy.*|archunit.*|jqwik.*|okhttp.*|mockwebserver.*|kotlin.*|json-schema.*");

	@Test
	@DisplayName("Without the MCP SDK, actuator, JNA and Reactor Netty everything but their features works")
	void mainWhenNothingOptionalIsThereLogsInRefreshesAndCalls(@TempDir Path directory) throws Exception {
		List<String> classPath = MainProcess.classPathWithout(OPTIONAL);
		assertThat(classPath.stream().map(MainProcess::fileName))
			.noneMatch((name) -> name.startsWith("netty") || name.startsWith("mcp-core"))
			.anyMatch((name) -> name.startsWith("spring-webflux"));
		MainProcess process = MainProcess.run(MinimalApplication.class, directory, classPath);
		assertThat(process.output()).contains("Refreshes: 1", "Answer: {", "\"echo\"");
		assertThat(process.exitValue()).isZero();
	}

}
