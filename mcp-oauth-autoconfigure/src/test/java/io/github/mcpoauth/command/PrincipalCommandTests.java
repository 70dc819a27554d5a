// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.manager.ManagerFixture;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@code mcp list --principals} and {@code mcp remove --principal} with a real
 * manager.
 */
class PrincipalCommandTests extends CommandTestBase {

	private final ManagerFixture fixture = new ManagerFixture();

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void listWhenPrincipalsAreAskedForShowsEachGrantInALine() {
		grants("github alice", "github bob", "former alice");
		this.fixture.grant();
		assertThat(run("list", "--principals")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly("SERVER               GRANT     PRINCIPAL",
				"former               yes       alice", "github               yes       alice",
				"github               yes       bob");
		assertThat(run("list", "--principals=github")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).hasSize(3);
		assertThat(run("list", "--principal=alice")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).hasSize(3);
		assertThat(run("list", "--principals=github", "--principal=alice")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).hasSize(2);
	}

	@Test
	void listWhenPrincipalsAreManyPrintsPageAfterPage() {
		List<String> names = new ArrayList<>();
		for (int index = 0; index < 450; index++) {
			names.add("github user-%03d".formatted(index));
		}
		grants(names.toArray(String[]::new));
		assertThat(run("list", "--principals")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).hasSize(451).doesNotHaveDuplicates();
		assertThat(run("list", "--principals", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).hasSize(3);
		assertThat(lines().stream().mapToInt((line) -> grantsOf(line).size()).sum()).isEqualTo(450);
		assertThat(grantsOf(lines().get(0)).get(0))
			.isEqualTo(Map.of("server", "github", "principal", "user-000", "grant", true));
	}

	@Test
	void listWhenThereAreNoPrincipalsSaysSo() {
		assertThat(run("list", "--principals=nowhere")).isEqualTo(ExitCode.DONE);
		assertThat(out()).isEqualToIgnoringNewLines("Nothing is stored for any user of MCP server 'nowhere'");
		assertThat(run("list", "--principals", "--json")).isEqualTo(ExitCode.DONE);
		assertThat(out()).isEqualToIgnoringNewLines("{\"grants\":[]}");
	}

	@Test
	void removeWhenPrincipalIsNamedAloneRemovesAllOfTheirs() {
		grants("github alice", "former alice", "github bob");
		assertThat(run("remove", "--principal=alice")).isEqualTo(ExitCode.DONE);
		assertThat(lines()).containsExactly(
				"former               removed. The authorization server has revoked the tokens.",
				"github               removed. The authorization server has revoked the tokens.");
		assertThat(run("remove", "--principal=alice")).isEqualTo(ExitCode.DONE);
		assertThat(out()).isEqualToIgnoringNewLines("Nothing was stored for this user");
		assertThat(run("remove", "--principal=bob", "--json")).isEqualTo(ExitCode.DONE);
		Map<?, ?> removal = JsonMapper.shared().readValue(out(), Map.class);
		assertThat(removal.get("complete")).isEqualTo(true);
		assertThat(removal.get("servers")).isEqualTo(List.of(Map.of("server", "github", "outcome", "revoked")));
	}

	@ParameterizedTest
	@ValueSource(strings = { "list --principals= ", "list --principal", "list --principal=", "remove --principal= ",
			"remove --principal=a --principal=b", "list --principals=a --principals=b", "remove" })
	void commandWhenNameCannotBeOneIsNotUnderstood(String words) {
		assertThat(run(words.split(" (?=.)"))).isEqualTo(ExitCode.USAGE);
		assertThat(err()).contains("Usage: mcp");
		assertThat(out()).isEmpty();
	}

	private void grants(String... keys) {
		for (String key : keys) {
			String[] parts = key.split(" ");
			GrantKey owner = GrantKey.of(parts[0], parts[1]);
			this.fixture.grant(owner);
			this.fixture.store.saveClient(owner, Objects.requireNonNull(this.fixture.store.getClient(this.fixture.key)))
				.block(ManagerFixture.PATIENCE);
		}
	}

	private ExitCode run(String... words) {
		this.out.reset();
		this.err.reset();
		Terminal terminal = terminal();
		McpCommandLine line = McpCommandLine.parse(List.of(words), terminal);
		return line.run(new Services(beans(this.fixture.manager), terminal.in(), Clock.systemUTC()));
	}

	/**
	 * The beans that these commands use.
	 */
	static StaticListableBeanFactory beans(McpOAuthManager manager) {
		return new StaticListableBeanFactory(Map.of("manager", manager));
	}

	private static List<?> grantsOf(String json) {
		return (List<?>) Objects.requireNonNull(JsonMapper.shared().readValue(json, Map.class).get("grants"));
	}

}
