// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.client.ClientMetadataFetch;
import io.github.mcpoauth.internal.protocol.LoopbackClients;
import io.github.mcpoauth.internal.text.ForeignJson;
import io.github.mcpoauth.testing.ScriptedManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.beans.factory.support.StaticListableBeanFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@code mcp client-metadata}.
 */
class ClientMetadataCommandTests extends CommandTestBase {

	private static final String HOSTED = "https://example.com/oauth/client.json";

	@TempDir
	private Path directory;

	@Test
	void printWhenApplicationHasAnAddressPrintsItsDocument() {
		assertThat(run("https://agent.example.com" + ClientMetadata.PATH, null)).isEqualTo(ExitCode.DONE);
		assertThat(ForeignJson.object(out()))
			.containsEntry("client_id", "https://agent.example.com/mcp/client-metadata.json")
			.containsEntry("token_endpoint_auth_methods_supported", List.of("none"));
	}

	@Test
	void printWhenApplicationHasNoAddressSaysWhatToDo() {
		assertThat(run(null, null)).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("'mcp.oauth.web.external-url'", "mcp client-metadata https://");
		assertThat(run(null, null, "--check")).isEqualTo(ExitCode.FAILED);
	}

	@Test
	void printWhenHostedByHandHoldsThePublicKeysAndPassesTheCheck() throws Exception {
		Path keys = this.directory.resolve("keys.json");
		assertThat(run(null, null, "--new-key=" + keys)).isEqualTo(ExitCode.DONE);
		assertThat(out()).contains("has 1 key");
		this.out.reset();
		assertThat(run(null, keys, HOSTED)).isEqualTo(ExitCode.DONE);
		assertThat(err()).contains("client-metadata-url");
		assertThat(ForeignJson.object(out())).containsEntry("client_id", HOSTED)
			.containsEntry("token_endpoint_auth_method", "private_key_jwt")
			.containsKey("jwks")
			.doesNotContainKey("jwks_uri");
		Path document = Files.writeString(this.directory.resolve("client.json"), out());
		this.out.reset();
		assertThat(run(null, null, "--check", document.toString())).isEqualTo(ExitCode.DONE);
		assertThat(out()).isEqualTo("'%s' can be used as a client identifier\n".formatted(document));
	}

	@Test
	void checkWhenDocumentIsWrongNamesReasonsAndFails() throws Exception {
		Path document = Files.writeString(this.directory.resolve("client.json"),
				"{\"client_id\": \"" + HOSTED + "\", \"client_secret\": \"sEcReT\"}");
		assertThat(run(null, null, "--check=" + document)).isEqualTo(ExitCode.FAILED);
		assertThat(out())
			.contains("error: it has no 'client_name'", "error: it has a client secret",
					"warning: it has no 'grant_types'", "cannot be used")
			.doesNotContain("sEcReT");
		this.out.reset();
		assertThat(run(null, null, "--check", document.toString(), "--json")).isEqualTo(ExitCode.FAILED);
		assertThat(ForeignJson.object(out())).containsEntry("usable", false).containsKeys("errors", "warnings");
		assertThat(run(null, null, "--check", "http://example.com/x")).isEqualTo(ExitCode.FAILED);
		assertThat(out()).contains("its address is not an https address");
		assertThat(run(null, null, "--check", "/no/such/file")).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("The file '/no/such/file' cannot be read");
	}

	@ParameterizedTest
	@ValueSource(strings = { "http://example.com/x", "https://example.com", "nonsense", "https://exa mple.com/x" })
	void printWhenAddressCannotHostADocumentFails(String address) {
		assertThat(run(null, null, address)).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("A document cannot be hosted at '%s'".formatted(address));
		assertThat(out()).isEmpty();
	}

	@Test
	void printWhenKeysCannotBeReadFails() {
		assertThat(run(null, this.directory.resolve("none.json"), HOSTED)).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("none.json cannot be read");
	}

	@Test
	void newKeyWhenFileIsSomethingElseLeavesItAlone() throws Exception {
		Path file = Files.writeString(this.directory.resolve("other"), "mine");
		assertThat(run(null, null, "--new-key=" + file)).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("is no JWK Set with private keys");
		assertThat(file).hasContent("mine");
		assertThat(run(null, null, "--new-key=" + this.directory.resolve("no/where"))).isEqualTo(ExitCode.FAILED);
		assertThat(err()).contains("cannot be written");
	}

	@ParameterizedTest
	@ValueSource(strings = { "a b", "--new-key=x --check", "--new-key=x y", "--check a b", "--unknown" })
	void commandWhenNotUnderstoodDoesNothing(String words) {
		assertThat(run(null, null, words.split(" "))).isEqualTo(ExitCode.USAGE);
	}

	private ExitCode run(@Nullable String clientId, @Nullable Path keys, String... words) {
		List<String> all = new ArrayList<>(List.of("client-metadata"));
		all.addAll(List.of(words));
		ClientMetadata client = ClientMetadata.of((clientId != null) ? URI.create(clientId) : null, "Agent", null,
				List.of(), keys);
		Terminal terminal = terminal();
		return McpCommandLine.parse(all, terminal)
			.run(new Services(new StaticListableBeanFactory(Map.of("manager", new ScriptedManager(), "client", client,
					"fetch", new ClientMetadataFetch(new LoopbackClients()))), terminal.in(), Clock.systemUTC()));
	}

}
