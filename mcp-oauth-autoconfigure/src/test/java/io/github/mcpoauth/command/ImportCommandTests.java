// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.manager.GrantImportException;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.testing.ScriptedManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@code mcp import}.
 */
class ImportCommandTests extends CommandTestBase {

	private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

	private final List<GrantImporter.Request> requests = new ArrayList<>();

	private Mono<List<GrantImporter.Finding>> findings = Mono.just(List.of());

	@Test
	void importWhenSomethingWasTakenOverSaysSoAndThatOneMustOwnIt() {
		this.findings = Mono.just(List.of(
				new GrantImporter.Finding("/h/linear.json", "linear", "https://mcp.example", "tickets",
						GrantImporter.ImportOutcome.IMPORTED, NOW.plusSeconds(3600), true, null),
				new GrantImporter.Finding("/h/other.json", "other\u001b[31m", null, null,
						GrantImporter.ImportOutcome.NO_SERVER, null, false, "no server here has its URL")));
		assertThat(run("import", "--from=hermes")).isEqualTo(ExitCode.DONE);
		assertThat(out())
			.contains("'linear' for 'https://mcp.example' is now 'tickets', good for 60 min, with refresh token")
			.contains("was not taken over: no server here has its URL")
			.doesNotContain("\u001b");
		assertThat(err()).contains("must have one owner", "--move");
		assertThat(this.requests).containsExactly(
				new GrantImporter.Request(GrantImporter.Source.HERMES, null, GrantImporter.Mode.COPY, false));
	}

	@Test
	void importWhenMovedDoesNotWarn() {
		this.findings = Mono.just(List.of(new GrantImporter.Finding("/c", "gh", "https://mcp.example", "github",
				GrantImporter.ImportOutcome.MOVED, null, true, null)));
		assertThat(run("import", "--from=mcp-remote", "/some/where", "--move", "--replace")).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("moved here");
		assertThat(err()).doesNotContain("owner");
		assertThat(this.requests).containsExactly(new GrantImporter.Request(GrantImporter.Source.MCP_REMOTE,
				Path.of("/some/where"), GrantImporter.Mode.MOVE, true));
	}

	@Test
	void importWhenJsonPrintsOneObjectForEachFinding() {
		this.findings = Mono.just(List.of(new GrantImporter.Finding("/c", "gh", "https://mcp.example", "github",
				GrantImporter.ImportOutcome.FAILED, NOW, true, "it is damaged")));
		assertThat(run("import", "--from=codex", "--json")).isEqualTo(ExitCode.FAILED);
		assertThat(out().strip()).isEqualTo("{\"name\":\"gh\",\"location\":\"/c\",\"url\":\"https://mcp.example\","
				+ "\"server\":\"github\",\"outcome\":\"failed\",\"expires_at\":\"2030-01-01T00:00:00Z\","
				+ "\"refresh_token\":true,\"detail\":\"it is damaged\"}");
	}

	@Test
	void importWhenNothingIsThereSaysWhere() {
		this.findings = Mono.error(new GrantImportException("There is nothing at /nowhere", null));
		assertThat(run("import", "--from=codex", "/nowhere")).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("There is nothing at /nowhere");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "--from=nobody", "--from=hermes --list --move", "--from=hermes one two",
			"--from=hermes --force" })
	void importWhenNotUnderstoodDoesNothing(String words) {
		List<String> all = new ArrayList<>(List.of("import"));
		all.addAll(List.of(words.split(" ")));
		all.removeIf(String::isEmpty);
		assertThat(run(all.toArray(String[]::new))).isEqualTo(ExitCode.USAGE);
		assertThat(this.requests).isEmpty();
	}

	private ExitCode run(String... words) {
		GrantImporter importer = (request) -> {
			this.requests.add(request);
			return this.findings;
		};
		Terminal terminal = terminal();
		return McpCommandLine.parse(List.of(words), terminal)
			.run(new Services(
					new StaticListableBeanFactory(Map.of("manager", new ScriptedManager(), "importer", importer)),
					terminal.in(), Clock.fixed(NOW, ZoneOffset.UTC)));
	}

}
