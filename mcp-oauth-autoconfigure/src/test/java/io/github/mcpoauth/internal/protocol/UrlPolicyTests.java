// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Duration;

import io.github.mcpoauth.McpServer;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link UrlPolicy}.
 */
class UrlPolicyTests {

	private static final McpServer REMOTE = McpServer.of("remote", URI.create("https://mcp.example.com/mcp"));

	private static final McpServer LOCAL = McpServer.of("local", URI.create("http://localhost:8080/mcp"));

	private final UrlPolicy policy = new UrlPolicy(ProtocolSettings.defaults());

	@ParameterizedTest
	@ValueSource(strings = { "https://as.example.com/token", "HTTPS://AS.EXAMPLE.COM",
			"https://as.example.com:8443/a?b=c", "https://8.8.8.8/token", "https://[2001:4860:4860::8888]/token",
			"https://as1.example.com/", "https://xn--bcher-kva.example/token" })
	void checkWhenAddressIsPublicHttpsReturnsIt(String url) {
		assertThat(this.policy.check(REMOTE, "It", url)).hasToString(url);
		assertThat(this.policy.check(LOCAL, "It", url)).hasToString(url);
	}

	@ParameterizedTest
	@DisplayName("Law 15 loopback is for servers on loopback")
	@ValueSource(strings = { "http://localhost:9000/token", "http://127.0.0.1/", "http://127.1.2.3:1/",
			"http://[::1]:9000/token", "https://localhost/token", "https://127.0.0.1/token",
			"http://[::ffff:127.0.0.1]/token" })
	void checkWhenAddressIsLoopbackIsForServersOnLoopbackOnly(String url) {
		assertThat(this.policy.check(LOCAL, "It", url)).hasToString(url);
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> this.policy.check(REMOTE, "It", url))
			.withMessage("It '%s' is a loopback address, which the MCP server is not, and is not used", url);
	}

	@ParameterizedTest
	@DisplayName("Law 15 an address of any other kind is refused")
	@ValueSource(strings = { "javascript:alert(1)", "JavaScript://x/%0aalert(1)", "data:text/html,x",
			"file:///etc/passwd", "vbscript:x", "ftp://as.example.com/", "mailto:a@b", "//as.example.com/", "/token",
			"token", "", " ", "https:", "https://", "https:///token", "https:as.example.com", "http://as.example.com/",
			"http://localhost.example.com/", "https://user@as.example.com/", "https://user:pw@as.example.com/",
			"https://@as.example.com/", "https://as.example.com/#f", "https://as.example.com/#",
			"https://as.example.com:0/", "https://as.example.com:99999/", "https://as.example.com:-1/",
			"https://as.example.com\\@evil.example/", "https://as.example.com/ x", "https://as example.com/",
			"https://as_x.example.com/", "https://as.example.com/\r\nHost: x", "https://0.0.0.0/", "https://[::]/",
			"https://224.0.0.1/", "https://[ff02::1]/", "https://2130706433/", "https://0x7f000001/",
			"https://0177.0.0.1/", "https://127.1/", "https://127.0.0.1./", "https://256.1.1.1/",
			"https://[fe80::1%25eth0]/", "https://[::1", "https://10.0.0.1/", "https://172.16.0.1/",
			"https://172.31.255.255/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data/",
			"https://100.64.0.1/", "https://0.1.2.3/", "https://[fc00::1]/", "https://[fd12:3456::1]/",
			"https://[fe80::1]/", "https://[fec0::1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:a9fe:a9fe]/",
			"https://[64:ff9b::a00:1]/", "https://[2002:a00:1::]/", "https://198.18.0.1/", "https://240.0.0.1/" })
	void checkWhenAddressIsAnythingElseIsUnusable(String url) {
		for (McpServer server : new McpServer[] { REMOTE, LOCAL }) {
			assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> this.policy.check(server, "It", url))
				.withMessageStartingWith("It '")
				.withMessageEndingWith(" and is not used");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "https://10.0.0.1/", "https://192.168.1.1:8443/", "https://[fd12:3456::1]/" })
	void checkWhenPrivateAddressesAreAllowedReturnsThem(String url) {
		UrlPolicy lenient = new UrlPolicy(
				new ProtocolSettings(Duration.ofSeconds(1), Duration.ofSeconds(1), 1000, true));
		assertThat(lenient.check(REMOTE, "It", url)).hasToString(url);
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> lenient.check(REMOTE, "It", url.replace("https", "http")));
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> lenient.check(REMOTE, "It", "https://127.0.0.1/"));
	}

	@ParameterizedTest
	@DisplayName("S20: the own origin of the MCP server is always allowed")
	@ValueSource(strings = { "http://10.0.0.7:8080/mcp", "https://192.168.1.1/mcp", "http://mcp:8000/mcp" })
	void checkWhenOriginIsTheServersOwnReturnsIt(String url) {
		assertThat(this.policy.check(McpServer.of("github", URI.create(url)), "It", url)).hasToString(url);
	}

	@ParameterizedTest
	@DisplayName("F54: plain http to the MCP server trusts its network, for metadata and authorization server too")
	@ValueSource(strings = { "http://keycloak:8080/realms/a", "http://10.0.0.9/", "https://10.0.0.9/" })
	void checkWhenServerIsOnATrustedNetworkReturnsIt(String url) {
		assertThat(this.policy.check(McpServer.of("github", URI.create("http://mcp:8000/mcp")), "It", url))
			.hasToString(url);
	}

	@ParameterizedTest
	@DisplayName("S21: names that a browser takes for this machine are refused")
	@ValueSource(strings = { "https://localhost./", "https://evil.localhost/", "https://evil.localhost./" })
	void checkWhenNameIsBelowLocalhostIsUnusable(String url) {
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> this.policy.check(REMOTE, "It", url));
	}

	@ParameterizedTest
	@DisplayName("S13: metadata addresses of clouds are never allowed")
	@ValueSource(strings = { "https://169.254.169.254/", "https://100.100.100.200/", "https://[fd00:ec2::254]/" })
	void checkWhenAddressIsOfCloudMetadataIsUnusable(String url) {
		UrlPolicy lenient = new UrlPolicy(
				new ProtocolSettings(Duration.ofSeconds(1), Duration.ofSeconds(1), 1000, true));
		assertThatExceptionOfType(UnusableException.class).isThrownBy(() -> lenient.check(REMOTE, "It", url));
	}

	@Test
	void checkWhenAddressIsEndlessIsUnusable() {
		assertThatExceptionOfType(UnusableException.class)
			.isThrownBy(() -> this.policy.check(REMOTE, "It", "https://as.example.com/" + "x".repeat(10_000)))
			.withMessageContaining("is too long");
	}

	@Property
	void checkWhenAddressIsAnythingIsHttpsOrUnusable(@ForAll String url) {
		try {
			assertThat(this.policy.check(REMOTE, "It", url).getScheme()).isEqualToIgnoringCase("https");
		}
		catch (UnusableException ex) {
			assertThat(ex).hasMessageStartingWith("It '");
		}
	}

	@Test
	void isLoopbackWhenThereIsNoHostIsFalse() {
		assertThat(UrlPolicy.isLoopback(URI.create("urn:x"))).isFalse();
	}

}
