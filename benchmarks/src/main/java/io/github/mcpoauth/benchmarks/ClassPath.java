// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.File;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Parts of the class path of the benchmarks, each that of an application.
 */
final class ClassPath {

	/**
	 * Dependencies of the benchmarks themselves.
	 */
	private static final List<String> MEASURING = List.of("jmh-", "jopt-", "commons-math3", "embedded-", "commons-io",
			"commons-compress", "commons-lang3", "commons-codec", "xz-", "HikariCP", "postgresql", "lettuce",
			"redis-authx", "spring-data-", "spring-boot-data-", "spring-tx", "spring-jdbc", "spring-boot-jdbc",
			"spring-boot-sql", "spring-boot-transaction", "spring-boot-persistence", "spring-oxm",
			"spring-context-support", "jakarta.xml.bind", "jakarta.activation", "jakarta.servlet");

	/**
	 * Dependencies of both the starter and Spring Security.
	 */
	private static final List<String> NIMBUS = List.of("oauth2-oidc-sdk", "nimbus-jose-jwt", "lang-tag", "content-type",
			"json-smart", "accessors-smart", "asm-", "jcip-");

	/**
	 * An agent has the MCP SDK in any case.
	 */
	private static final List<String> STARTER = List.of("mcp-oauth-");

	private static final List<String> SPRING_SECURITY = List.of("spring-security-", "spring-boot-security",
			"spring-boot-starter-security");

	private ClassPath() {
	}

	static String webClient() {
		return without(Stream.of(MEASURING, NIMBUS, STARTER, SPRING_SECURITY));
	}

	static String starter() {
		return without(Stream.of(MEASURING, SPRING_SECURITY));
	}

	static String springSecurity() {
		return without(Stream.of(MEASURING, STARTER));
	}

	private static String without(Stream<List<String>> prefixes) {
		List<String> unwanted = prefixes.flatMap(List::stream).toList();
		return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
			.filter((entry) -> !entry.isEmpty())
			.filter((entry) -> unwanted.stream().noneMatch(new File(entry).getName()::startsWith))
			.collect(Collectors.joining(File.pathSeparator));
	}

}
