// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link PlainWebClients}: which addresses the metadata of a server may name.
 * No refused address is contacted.
 */
class PlainWebClientsTests {

	private static final URI REMOTE = URI.create("https://192.0.2.1/mcp");

	private final WorkThreads threads = WorkThreads.platform();

	private final TestHttpServer metadata = TestHttpServer.start();

	@AfterEach
	void close() {
		this.metadata.close();
		this.threads.close();
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.internal.address.AddressKindTests#publicAddresses")
	void isAllowedWhenAddressIsPublicIsTrue(String address) throws UnknownHostException {
		assertThat(PlainWebClients.isAllowed(McpServer.of("demo", REMOTE), url(address))).isTrue();
	}

	@ParameterizedTest
	@MethodSource("io.github.mcpoauth.internal.address.AddressKindTests#otherAddresses")
	void exchangeWhenMetadataNamesAPrivateAddressRefuses(String address) {
		URI url = url(address);
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> get(McpServer.of("demo", REMOTE), url.toString()))
			.withMessageContaining(url.getHost())
			.withMessageContaining("not contacted on behalf of MCP server 'demo'");
	}

	@Test
	void exchangeWhenTheServerItselfIsLocalAllowsOtherPortsOfThisMachine() {
		answer();
		McpServer local = McpServer.of("demo", URI.create("http://127.0.0.1:1/mcp"));
		assertThat(get(local, this.metadata.url("/metadata").toString())).isEqualTo("{}");
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> get(local, "http://10.0.0.1/"));
	}

	@Test
	void exchangeWhenAddressIsThatOfTheServerAllowsIt() {
		answer();
		McpServer server = McpServer.of("demo", this.metadata.url("/mcp"));
		assertThat(get(server, this.metadata.url("/metadata").toString())).isEqualTo("{}");
	}

	@Test
	void exchangeWhenConfigurationNamesTheAuthorizationServerAllowsThatPortOnly() {
		answer();
		McpServer server = new McpServer("demo", REMOTE,
				OAuthSettings.builder().authorizationServer(this.metadata.url("/").toString()).build());
		assertThat(get(server, this.metadata.url("/metadata").toString())).isEqualTo("{}");
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> get(server, "http://%s:1/".formatted(this.metadata.url("/").getHost())));
	}

	@ParameterizedTest
	@ValueSource(strings = { "169.254.169.254", "168.63.129.16", "64:ff9b::a9fe:a9fe" })
	void isAllowedWhenConfiguredAddressIsOfCloudMetadataIsFalse(String address) throws UnknownHostException {
		URI url = url(address);
		assertThat(PlainWebClients.isAllowed(McpServer.of("demo", url), url)).isFalse();
	}

	@Test
	void isAllowedWhenNameIsUnknownLeavesAConfiguredOneToAProxy() throws UnknownHostException {
		URI unknown = URI.create("https://unknown.invalid/mcp");
		assertThat(PlainWebClients.isAllowed(McpServer.of("demo", unknown), unknown)).isTrue();
		assertThatExceptionOfType(UnknownHostException.class)
			.isThrownBy(() -> PlainWebClients.isAllowed(McpServer.of("demo", REMOTE), unknown));
	}

	private static URI url(String address) {
		return URI.create((address.indexOf(':') < 0) ? "http://" + address + ":1/" : "http://[" + address + "]:1/");
	}

	private void answer() {
		this.metadata.handle("/metadata", (request) -> Response.of(200, "application/json", "{}"));
	}

	private @Nullable String get(McpServer server, String url) {
		return new PlainWebClients(ProtocolSettings.defaults(), this.threads).forServer(server)
			.get()
			.uri(URI.create(url))
			.retrieve()
			.bodyToMono(String.class)
			.block(Duration.ofSeconds(30));
	}

}
