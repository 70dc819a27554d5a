// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.store.file.FileTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.GrantImportException;
import io.github.mcpoauth.manager.GrantImporter.Finding;
import io.github.mcpoauth.manager.GrantImporter.ImportOutcome;
import io.github.mcpoauth.manager.GrantImporter.Mode;
import io.github.mcpoauth.manager.GrantImporter.Request;
import io.github.mcpoauth.manager.GrantImporter.Source;
import io.github.mcpoauth.store.TokenStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link StoredGrantImporter} with the files of other agents.
 */
class StoredGrantImporterTests {

	private final WorkThreads threads = WorkThreads.platform();

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private static final McpServer LINEAR = McpServer.of("tickets", URI.create("https://mcp.linear.app/mcp"));

	private static final McpServer GITHUB = McpServer.of("github", URI.create("https://api.github.example/mcp/"));

	@TempDir
	private Path directory;

	private Path source = Path.of("");

	private TokenStore store;

	private StoredGrantImporter importer;

	StoredGrantImporterTests(@TempDir Path target) {
		this.store = new FileTokenStore(target);
		this.importer = new StoredGrantImporter(() -> List.of(LINEAR, GITHUB), this.store, PATIENCE, this.threads);
	}

	@AfterEach
	void closeThreads() {
		this.threads.close();
	}

	@BeforeEach
	void createSource() throws IOException {
		this.source = Files.createDirectory(this.directory.resolve("source"));
	}

	@Test
	void runWhenHermesTakesOverGrantClientAndMetadataByUrl() throws IOException {
		hermes();
		assertThat(run(Source.HERMES, Mode.COPY)).satisfiesExactly((finding) -> {
			assertThat(finding.outcome()).isEqualTo(ImportOutcome.NO_SERVER);
			assertThat(finding.name()).isEqualTo("elsewhere");
		}, (finding) -> {
			assertThat(finding.outcome()).isEqualTo(ImportOutcome.IMPORTED);
			assertThat(finding.server()).isEqualTo("tickets");
			assertThat(finding.url()).isEqualTo("https://mcp.linear.app/mcp/");
			assertThat(finding.refreshable()).isTrue();
		});
		Grant grant = stored(LINEAR);
		assertThat(grant.accessToken()).isEqualTo(Secret.of("hermes-access"));
		assertThat(grant.refreshToken()).isEqualTo(Secret.of("hermes-refresh"));
		assertThat(grant.expiresAt()).isEqualTo(Instant.ofEpochSecond(1893456000).plusMillis(250));
		assertThat(grant.issuer()).isEqualTo("https://as.example");
		assertThat(grant.tokenEndpoint()).isEqualTo(URI.create("https://as.example/token"));
		assertThat(grant.clientId()).isEqualTo("hermes-client");
		assertThat(grant.generation()).isEqualTo(1);
		OAuthClient client = Objects.requireNonNull(this.store.loadClient(LINEAR.key()).block(PATIENCE));
		assertThat(client.issuer()).isEqualTo("https://as.example");
		assertThat(this.store.loadMetadata(LINEAR.key()).block(PATIENCE)).containsEntry("issuer", "https://as.example");
	}

	@Test
	void runWhenHermesHasNoConfigurationGoesByName() throws IOException {
		Path tokens = Files.createDirectory(this.source.resolve("mcp-tokens"));
		Files.writeString(tokens.resolve("github.json"), "{\"access_token\":\"a\",\"expires_in\":60}");
		assertThat(run(Source.HERMES, tokens, Mode.COPY, false)).extracting(Finding::server).containsExactly("github");
		assertThat(stored(GITHUB).expiresAt()).isNotNull();
	}

	@Test
	void runWhenCodexTakesOverByUrlAndCountsInMilliseconds() throws IOException {
		codex();
		assertThat(run(Source.CODEX, Mode.COPY)).extracting(Finding::outcome)
			.containsExactly(ImportOutcome.IMPORTED, ImportOutcome.FAILED, ImportOutcome.NO_SERVER);
		Grant grant = stored(GITHUB);
		assertThat(grant.accessToken()).isEqualTo(Secret.of("codex-access"));
		assertThat(grant.expiresAt()).isEqualTo(Instant.ofEpochMilli(1893456000123L));
		assertThat(grant.scope()).containsExactly("read", "write");
		assertThat(grant.clientId()).isEqualTo("codex-client");
	}

	@Test
	void runWhenMcpRemoteTakesOverTheLastWrittenByTheHashOfTheUrl() throws IOException {
		mcpRemote();
		assertThat(run(Source.MCP_REMOTE, Mode.COPY)).satisfiesExactlyInAnyOrder(
				(finding) -> assertThat(finding.outcome()).isEqualTo(ImportOutcome.NO_SERVER), (finding) -> {
					assertThat(finding.outcome()).isEqualTo(ImportOutcome.IMPORTED);
					assertThat(finding.server()).isEqualTo("tickets");
				});
		Grant grant = stored(LINEAR);
		assertThat(grant.accessToken()).isEqualTo(Secret.of("remote-access"));
		assertThat(grant.expiresAt()).isEqualTo(Instant.parse("2030-01-01T01:00:00Z"));
		assertThat(grant.clientId()).isEqualTo("remote-client");
	}

	@Test
	void runWhenNotAskedToMoveLeavesTheSourceAsItIs() throws IOException {
		hermes();
		codex();
		mcpRemote();
		Map<String, String> before = contents();
		for (Source source : Source.values()) {
			run(source, Mode.LIST);
			run(source, Mode.COPY);
			run(source, this.source, Mode.COPY, true);
		}
		assertThat(contents()).isEqualTo(before);
	}

	@Test
	void runWhenOnlyListedStoresNothing() throws IOException {
		codex();
		assertThat(run(Source.CODEX, Mode.LIST)).extracting(Finding::outcome)
			.containsExactly(ImportOutcome.FOUND, ImportOutcome.FAILED, ImportOutcome.NO_SERVER);
		assertThat(Objects.requireNonNull(this.store.load(GITHUB.key()).block(PATIENCE)).grant()).isNull();
	}

	@Test
	void runWhenMovedRemovesWhatWasTakenOverAndNothingElse() throws IOException {
		codex();
		hermes();
		mcpRemote();
		assertThat(run(Source.CODEX, Mode.MOVE)).extracting(Finding::outcome)
			.containsExactly(ImportOutcome.MOVED, ImportOutcome.FAILED, ImportOutcome.NO_SERVER);
		assertThat(Files.readString(this.source.resolve(".credentials.json"))).doesNotContain("codex-access")
			.contains("other-access", "broken");
		assertThat(run(Source.HERMES, this.source, Mode.MOVE, true)).extracting(Finding::outcome)
			.containsExactly(ImportOutcome.NO_SERVER, ImportOutcome.MOVED);
		assertThat(this.source.resolve("mcp-tokens"))
			.isDirectoryNotContaining("glob:**/linear{.json,.client.json,.meta.json}")
			.isDirectoryContaining("glob:**/elsewhere.json");
		run(Source.MCP_REMOTE, this.source, Mode.MOVE, true);
		assertThat(contents().values()).noneMatch((content) -> content.contains("remote-access"));
	}

	@Test
	void runWhenThereIsALoginKeepsItUnlessToldToReplaceIt() throws IOException {
		Grant present = Grant.with(Secret.of("mine")).generation(3).build();
		this.store.locked(GITHUB.key(), PATIENCE, this.store.save(GITHUB.key(), present, null)).block(PATIENCE);
		codex();
		assertThat(run(Source.CODEX, Mode.MOVE)).extracting(Finding::outcome)
			.containsExactly(ImportOutcome.EXISTS, ImportOutcome.FAILED, ImportOutcome.NO_SERVER);
		assertThat(stored(GITHUB)).isEqualTo(present);
		assertThat(run(Source.CODEX, this.source, Mode.COPY, true)).extracting(Finding::outcome)
			.containsExactly(ImportOutcome.IMPORTED, ImportOutcome.FAILED, ImportOutcome.NO_SERVER);
		assertThat(stored(GITHUB).accessToken()).isEqualTo(Secret.of("codex-access"));
		assertThat(stored(GITHUB).generation()).isEqualTo(4);
	}

	@Test
	void runWhenSourceIsMissingOrDamagedFailsWithoutItsContent() throws IOException {
		assertThatExceptionOfType(GrantImportException.class)
			.isThrownBy(() -> run(Source.CODEX, this.source.resolve("nowhere"), Mode.COPY, false))
			.withMessageContaining("nowhere");
		Files.writeString(this.source.resolve(".credentials.json"), "{\"secret");
		assertThatExceptionOfType(GrantImportException.class).isThrownBy(() -> run(Source.CODEX, Mode.COPY))
			.withMessageContaining(".credentials.json")
			.withMessageNotContaining("secret");
	}

	@Test
	void runWhenConfigurationIsHostileGoesByName() throws IOException {
		Path tokens = Files.createDirectory(this.source.resolve("mcp-tokens"));
		Files.writeString(tokens.resolve("github.json"), "{\"access_token\":\"a\"}");
		Files.writeString(this.source.resolve("config.yaml"), "!!javax.script.ScriptEngineManager [");
		assertThat(run(Source.HERMES, Mode.COPY)).extracting(Finding::server).containsExactly("github");
	}

	private void hermes() throws IOException {
		Path tokens = Files.createDirectory(this.source.resolve("mcp-tokens"));
		Files.writeString(this.source.resolve("config.yaml"), """
				mcp_servers:
				  linear:
				    url: https://mcp.linear.app/mcp/
				    auth: oauth
				  elsewhere:
				    url: https://elsewhere.example/mcp
				""");
		Files.writeString(tokens.resolve("linear.json"), """
				{"access_token":"hermes-access","refresh_token":"hermes-refresh","token_type":"Bearer",
				"expires_in":3600,"expires_at":1893456000.25,"hermes_issuer":"https://as.example"}""");
		Files.writeString(tokens.resolve("linear.client.json"),
				"{\"client_id\":\"hermes-client\",\"client_secret\":\"s\",\"redirect_uris\":[\"http://127.0.0.1:1/callback\"]}");
		Files.writeString(tokens.resolve("linear.meta.json"),
				"{\"issuer\":\"https://as.example\",\"token_endpoint\":\"https://as.example/token\"}");
		Files.writeString(tokens.resolve("elsewhere.json"), "{\"access_token\":\"e\"}");
		Files.writeString(tokens.resolve("linear.json.refresh.lock"), "");
	}

	private void codex() throws IOException {
		Files.writeString(this.source.resolve(".credentials.json"), """
				{"github|abc":{"server_name":"gh","server_url":"https://API.github.example:443/mcp",
				"client_id":"codex-client","access_token":"codex-access","expires_at":1893456000123,
				"refresh_token":"codex-refresh","scopes":["read","write"]},
				"broken|abc":{"server_name":"broken","server_url":"https://mcp.linear.app/mcp"},
				"other|abc":{"server_name":"other","server_url":"https://other.example/mcp",
				"client_id":"c","access_token":"other-access"}}""");
	}

	private void mcpRemote() throws IOException {
		Path old = Files.createDirectory(this.source.resolve("mcp-remote-0.1.29"));
		Path current = Files.createDirectory(this.source.resolve("mcp-remote-v1"));
		String hash = DigestUtils.md5DigestAsHex("https://mcp.linear.app/mcp".getBytes(StandardCharsets.UTF_8));
		write(old.resolve(hash + "_tokens.json"), "{\"access_token\":\"remote-old\"}", "2029-01-01T00:00:00Z");
		write(current.resolve(hash + "_tokens.json"), """
				{"access_token":"remote-access","token_type":"Bearer","expires_in":3600,"refresh_token":"r"}""",
				"2030-01-01T00:00:00Z");
		write(current.resolve(hash + "_client_info.json"), "{\"client_id\":\"remote-client\"}", "2029-01-01T00:00:00Z");
		write(current.resolve("0123456789abcdef0123456789abcdef_tokens.json"), "{\"access_token\":\"x\"}",
				"2029-01-01T00:00:00Z");
	}

	private static void write(Path file, String content, String at) throws IOException {
		Files.writeString(file, content);
		Files.setLastModifiedTime(file, FileTime.from(Instant.parse(at)));
	}

	private List<Finding> run(Source source, Mode mode) {
		return run(source, this.source, mode, false);
	}

	private List<Finding> run(Source source, Path path, Mode mode, boolean replace) {
		return Objects.requireNonNull(this.importer.run(new Request(source, path, mode, replace)).block(PATIENCE));
	}

	private Grant stored(McpServer server) {
		GrantKey key = server.key();
		return Objects.requireNonNull(Objects.requireNonNull(this.store.load(key).block(PATIENCE)).grant());
	}

	private Map<String, String> contents() throws IOException {
		Map<String, String> contents = new TreeMap<>();
		try (Stream<Path> files = Files.walk(this.source)) {
			for (Path file : files.filter(Files::isRegularFile).toList()) {
				contents.put(file.toString(), Files.readString(file));
			}
		}
		return contents;
	}

}
