// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.discovery;

import java.lang.reflect.Proxy;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.event.McpOAuthListener;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.LoopbackClients;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.MemoryTokenStore;
import io.github.mcpoauth.testing.TestClock;
import io.github.mcpoauth.testing.TestHttpServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import static io.github.mcpoauth.internal.protocol.LoopbackClients.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * Tests for {@link Discovery}.
 */
class DiscoveryTests {

	private static final String RESOURCE = "/.well-known/oauth-protected-resource";

	private static final String OAUTH = "/.well-known/oauth-authorization-server";

	private static final String OPENID = "/.well-known/openid-configuration";

	private static final GrantKey KEY = GrantKey.of("github");

	/**
	 * The origin of the MCP server.
	 */
	private final TestHttpServer mcp = TestHttpServer.start();

	/**
	 * The origin of the authorization server.
	 */
	private final TestHttpServer as = TestHttpServer.start();

	private final MemoryTokenStore store = new MemoryTokenStore();

	private final Discovery discovery = new Discovery(new LoopbackClients(),
			new ProtocolSettings(Duration.ofSeconds(10), Duration.ofSeconds(10), 100_000, false), TestClock.fixed(),
			this.store, McpOAuthListener.none());

	@AfterEach
	void stop() {
		this.mcp.close();
		this.as.close();
	}

	@Test
	void discoverWhenChallengeNamesTheMetadataGoesThereOnly() {
		resource("/custom/metadata.json", url("/mcp"), issuer());
		resource(RESOURCE, url("/mcp"), "https://trap.example.com");
		metadata(OAUTH, issuer());
		Discovered discovered = discover("Basic realm=\"x\", Bearer error=\"invalid_token\", resource_metadata=\""
				+ url("/custom/metadata.json") + "\"");
		assertThat(discovered.authorizationServer().issuer()).isEqualTo(issuer());
		assertThat(discovered.resourceIndicator()).isEqualTo(url("/mcp"));
		assertThat(discovered.resource()).isNotNull();
		assertThat(paths(this.mcp)).containsExactly("/custom/metadata.json");
		assertThat(paths(this.as)).containsExactly(OAUTH);
	}

	@Test
	void discoverWhenThereIsNoChallengeLooksBelowThePathFirst() {
		resource(RESOURCE + "/mcp", url("/mcp"), issuer());
		resource(RESOURCE, url("/mcp"), "https://trap.example.com");
		metadata(OAUTH, issuer());
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer());
		assertThat(paths(this.mcp)).containsExactly(RESOURCE + "/mcp");
	}

	@Test
	void discoverWhenThereIsNothingBelowThePathLooksAtTheRoot() {
		resource(RESOURCE, url(""), issuer());
		metadata(OAUTH, issuer());
		Discovered discovered = discover("Bearer");
		assertThat(discovered.resourceIndicator()).isEqualTo(url(""));
		assertThat(paths(this.mcp)).containsExactly(RESOURCE + "/mcp", RESOURCE);
	}

	@ParameterizedTest
	@DisplayName("An answer that is no document sends discovery to the next address")
	@CsvSource({ "404, text/html, <html>", "400, application/json, '{\"error\": \"x\"}'", "401, text/plain, ''",
			"403, text/html, <html>", "405, text/plain, ''", "302, text/html, ''", "200, text/html, <html>index</html>",
			"200, application/json, ''", "200, application/json, []", "204, text/plain, ''" })
	void discoverWhenAnAddressHasNoDocumentGoesOn(int status, String contentType, String body) {
		Answer none = Answer
			.of(Response.of(status, contentType, body).header("Location", "https://login.example.com/"));
		this.mcp.handle("/announced", none).handle(RESOURCE + "/mcp", none);
		this.as.handle(OAUTH, none);
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OPENID, issuer());
		assertThat(discover(announced("/announced")).authorizationServer().issuer()).isEqualTo(issuer());
		assertThat(paths(this.mcp)).containsExactly("/announced", RESOURCE + "/mcp", RESOURCE);
		assertThat(paths(this.as)).containsExactly(OAUTH, OPENID);
	}

	@ParameterizedTest
	@DisplayName("F7 an answer that cannot be had now ends the discovery, nothing is guessed")
	@ValueSource(ints = { 408, 429, 500, 502, 503 })
	void discoverWhenResourceMetadataCannotBeToldIsUnavailable(int status) {
		this.mcp.handle(RESOURCE + "/mcp",
				Answer.of(Response.of(status, "text/html", "<html>").header("Retry-After", "7")));
		assertThat(fail())
			.isInstanceOfSatisfying(UnavailableException.class,
					(ex) -> assertThat(ex.retryAfter()).isEqualTo(Duration.ofSeconds(7)))
			.hasMessageStartingWith("The protected resource metadata at '" + url(RESOURCE + "/mcp") + "' answered");
		assertThat(paths(this.mcp)).containsExactly(RESOURCE + "/mcp");
		assertThat(this.store.getMetadata(KEY)).isNull();
	}

	@ParameterizedTest
	@DisplayName("F7 an answer that cannot be had now ends the discovery, nothing is guessed")
	@ValueSource(ints = { 429, 500, 503 })
	void discoverWhenAuthorizationServerCannotBeToldIsUnavailable(int status) {
		resource(RESOURCE, url("/mcp"), issuer(), "https://other.example.com");
		this.as.handle(OAUTH, Answer.status(status));
		metadata(OPENID, issuer());
		assertThat(fail()).isInstanceOf(UnavailableException.class);
		assertThat(paths(this.as)).containsExactly(OAUTH);
	}

	@Test
	@DisplayName("F7 a connection cut in the middle ends the discovery, nothing is guessed")
	void discoverWhenConnectionIsCutIsUnavailable() {
		this.mcp.handle(RESOURCE + "/mcp", Answer.dropped());
		assertThat(fail()).isInstanceOf(UnavailableException.class);
		this.mcp.handle(RESOURCE + "/mcp",
				Answer.of(Response.of(200, "application/json", "{\"resource\": \"x\"").truncated()));
		assertThat(fail()).isInstanceOf(UnavailableException.class);
	}

	@Test
	@DisplayName("Law 15 a document above the limit is a named failure")
	void discoverWhenDocumentIsTooLongIsUnavailable() {
		this.mcp.handle(RESOURCE + "/mcp",
				Answer.of(200, "application/json", "{\"x\": \"" + "x".repeat(100_000) + "\"}"));
		assertThat(fail()).isInstanceOf(UnavailableException.class)
			.hasMessageContaining("answered more than 100000 bytes");
	}

	@Test
	@DisplayName("Law 15 a document that never ends is not waited for")
	void discoverWhenDocumentNeverEndsIsUnavailable() {
		this.mcp.handle(RESOURCE + "/mcp", Answer.of(Response.stream("application/json", "{")));
		Discovery impatient = new Discovery(new LoopbackClients(),
				new ProtocolSettings(Duration.ofSeconds(10), Duration.ofMillis(300), 1000, false), TestClock.fixed(),
				this.store, McpOAuthListener.none());
		assertThat(catchThrowable(() -> impatient.discover(server(), server().key(), List.of()).block(PATIENCE)))
			.isInstanceOf(UnavailableException.class)
			.hasMessageEndingWith("did not answer within PT0.3S");
	}

	@Test
	@DisplayName("F44: a redirect of metadata is followed on the same origin only")
	void discoverWhenRedirectedFollowsOnTheSameOrigin() {
		resource("/elsewhere", url("/mcp"), issuer());
		this.mcp.handle(RESOURCE + "/mcp", Answer.of(Response.redirect(url("/elsewhere"))));
		this.as.handle(OAUTH, Answer.of(Response.redirect(url("/not/followed"))));
		metadata(OPENID, issuer());
		discover();
		assertThat(this.mcp.count("/elsewhere")).isOne();
		assertThat(this.mcp.count("/not/followed")).isZero();
	}

	@ParameterizedTest
	@DisplayName("Law 15 an announced address that the policy refuses is not asked")
	@ValueSource(strings = { "javascript:alert(1)", "file:///etc/passwd", "http://169.254.169.254/latest/meta-data",
			"https://10.0.0.1/x", "http://mcp.example.com/x", "/relative", "", "https://user@mcp.example.com/" })
	void discoverWhenAnnouncedAddressIsNotAcceptableLooksAtTheUsualOnes(String announced) {
		resource(RESOURCE + "/mcp", url("/mcp"), issuer());
		metadata(OAUTH, issuer());
		assertThat(discover("Bearer resource_metadata=\"" + announced + "\"").authorizationServer().issuer())
			.isEqualTo(issuer());
	}

	@Test
	@DisplayName("Law 15 a server that is not on loopback cannot send us there")
	void discoverWhenRemoteServerAnnouncesLoopbackDoesNotGoThere() {
		McpServer remote = McpServer.of("github", URI.create("https://mcp.invalid/mcp"));
		assertThat(catchThrowable(
				() -> this.discovery.discover(remote, remote.key(), List.of(announced("/x"))).block(PATIENCE)))
			.isInstanceOf(UnavailableException.class)
			.hasMessageContaining("https://mcp.invalid/.well-known/oauth-protected-resource/mcp");
		assertThat(this.mcp.requests()).isEmpty();
	}

	@ParameterizedTest
	@DisplayName("Metadata of another resource is not used")
	@ValueSource(strings = { "https://evil.example.com/mcp", "SELF/mcp-evil", "SELF/mcp/deeper", "SELF/other", "x" })
	void discoverWhenResourceIsAnotherIsUnusable(String resource) {
		resource(RESOURCE + "/mcp", resource.replace("SELF", url("")), issuer());
		resource(RESOURCE, url(""), issuer());
		metadata(OAUTH, issuer());
		assertThat(fail()).isInstanceOf(UnusableException.class).hasMessageContaining("describes another resource, '");
		assertThat(this.as.requests()).isEmpty();
	}

	@Test
	void discoverWhenResourceIsMissingIsUnusable() {
		this.mcp.handle(RESOURCE, Answer.json(200, Map.of("authorization_servers", List.of(issuer()))));
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessageEndingWith("does not say which resource it describes");
	}

	@Test
	void discoverWhenNoAuthorizationServerIsNamedSaysWhatToDo() {
		resource(RESOURCE, url("/mcp"));
		assertThat(fail()).isInstanceOf(UnusableException.class).hasMessageContaining("Set 'authorization-server'");
	}

	@ParameterizedTest
	@DisplayName("F16 the resource of the metadata is taken byte for byte")
	@ValueSource(strings = { "SELF", "SELF/", "SELF/mcp", "SELF/mcp/" })
	void discoverWhenResourceIsNamedTakesItByteForByte(String resource) {
		resource(RESOURCE, resource.replace("SELF", url("")), issuer());
		metadata(OAUTH, issuer());
		assertThat(discover().resourceIndicator()).isEqualTo(resource.replace("SELF", url("")));
	}

	@Test
	@DisplayName("F16 the settings can name another resource, or none")
	void discoverWhenSettingsNameAResourceTakesIt() {
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OAUTH, issuer());
		assertThat(discover(OAuthSettings.builder().resource("urn:it").build()).resourceIndicator())
			.isEqualTo("urn:it");
		assertThat(discover(OAuthSettings.builder().resource("urn:it").sendResource(false).build()).resourceIndicator())
			.isNull();
	}

	@Test
	void discoverWhenIssuerHasAPathAsksInOrder() {
		String issuer = issuer() + "/tenant1";
		resource(RESOURCE, url("/mcp"), issuer);
		metadata("/tenant1" + OPENID, issuer);
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer);
		assertThat(paths(this.as)).containsExactly(OAUTH + "/tenant1", OPENID + "/tenant1", "/tenant1" + OPENID);
	}

	@ParameterizedTest
	@DisplayName("F33 the issuer is compared character for character")
	@ValueSource(strings = { "https://attacker.example.com", "SELF/", "SELF/other", "" })
	void discoverWhenIssuerIsAnotherIsUnusable(String issuer) {
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OAUTH, issuer.replace("SELF", issuer()));
		metadata(OPENID, issuer());
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessageContaining("instead of '" + issuer() + "' and is not used");
		assertThat(this.store.getMetadata(KEY)).isNull();
		assertThat(paths(this.as)).containsExactly(OAUTH);
	}

	@ParameterizedTest
	@DisplayName("F46 the refusal names the property and the value that would make it work")
	@CsvSource({ "https://login.example.com/{tenantid}/v2.0, with your own value in place of the braces",
			"https://login.example.com, set 'authorization-server' to 'https://login.example.com'" })
	void discoverWhenIssuerIsATemplateOrAHostSaysWhatToSet(String issuer, String advice) {
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OAUTH, issuer);
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessageContaining("'authorization-server'")
			.hasMessageContaining(advice);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{}", "{\"error\": \"not_found\"}", "[]" })
	void discoverWhenAnObjectNamesNoIssuerAsksTheNextAddress(String body) {
		resource(RESOURCE, url("/mcp"), issuer());
		this.as.handle(OAUTH, Answer.of(200, "application/json", body));
		metadata(OPENID, issuer());
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer());
		this.as.handle(OPENID, Answer.status(404));
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessageContaining("'" + issuer() + OAUTH + "' (200, 'application/json')");
	}

	@Test
	@DisplayName("F33 an issuer with a trailing slash is one with a trailing slash")
	void discoverWhenIssuerEndsInASlashKeepsIt() {
		resource(RESOURCE, url("/mcp"), issuer() + "/");
		metadata(OAUTH, issuer() + "/");
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer() + "/");
	}

	@ParameterizedTest
	@DisplayName("Law 15 an authorization server that the policy refuses is not asked")
	@ValueSource(strings = { "javascript:alert(1)", "http://as.example.com", "https://user:pw@as.example.com",
			"https://192.168.0.1", "ftp://as.example.com", "not an address", "https://as.example.com#f",
			"https://as.example.com?tenant=1" })
	void discoverWhenIssuerIsNotAcceptableIsUnusable(String issuer) {
		resource(RESOURCE, url("/mcp"), issuer);
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessageStartingWith("The authorization server '" + issuer + "'");
	}

	@Test
	@DisplayName("F53: the message says what answered at the metadata addresses")
	void discoverWhenThereIsNoMetadataOfTheAuthorizationServerSaysWhereItLooked() {
		this.as.handle(OAUTH, Answer.of(403, "text/html", "<html>Checking your browser</html>"));
		this.as.handle(OPENID, Answer.status(410));
		resource(RESOURCE, url("/mcp"), issuer());
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessage(
					"The authorization server '%1$s' publishes no metadata at '%1$s%2$s' (403, 'text/html'), '%1$s%3$s' (410, without content)",
					issuer(), OAUTH, OPENID);
	}

	@Test
	void discoverWhenSeveralAreNamedTakesTheFirstUsable() {
		this.as.handle(OAUTH + "/noendpoint", Answer.json(200, Map.of("issuer", issuer() + "/noendpoint")));
		metadata(OAUTH + "/mismatch", "https://evil.example.com");
		metadata(OAUTH + "/good", issuer() + "/good");
		metadata(OAUTH + "/second", issuer() + "/second");
		resource(RESOURCE, url("/mcp"), "javascript:x", issuer() + "/absent", issuer() + "/noendpoint",
				issuer() + "/mismatch", issuer() + "/good", issuer() + "/second");
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer() + "/good");
		assertThat(this.as.count(OAUTH + "/second")).isZero();
	}

	@Test
	void discoverWhenNoneOfSeveralIsUsableSaysWhyOfEach() {
		resource(RESOURCE, url("/mcp"), "javascript:x", issuer() + "/absent", "c:", "d:", "e:", "f:", "g:");
		assertThat(fail()).isInstanceOf(UnusableException.class)
			.hasMessageContainingAll("'javascript:x'", "/absent' publishes no metadata", "'e:'")
			.hasMessageNotContaining("'f:'");
	}

	@Test
	@DisplayName("An authorization server that is down is no reason not to use the next, while nothing ties the login to it")
	void discoverWhenTheFirstOfSeveralIsDownTakesTheNext() {
		this.as.handle(OAUTH + "/down", Answer.status(503));
		metadata(OAUTH + "/good", issuer() + "/good");
		resource(RESOURCE, url("/mcp"), issuer() + "/down", issuer() + "/good");
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer() + "/good");
	}

	@Test
	void discoverWhenSeveralAreDownIsUnavailableAndSaysWhyOfEach() {
		this.as.handle(OAUTH + "/down", Answer.status(503));
		resource(RESOURCE, url("/mcp"), issuer() + "/absent", issuer() + "/down");
		assertThat(fail()).isInstanceOf(UnavailableException.class)
			.hasMessageContainingAll("/absent' publishes no metadata", "/down'", "503");
	}

	@Test
	void discoverWhenTheOneOfTheLastLoginIsDownDoesNotTryAnother() {
		this.as.handle(OAUTH + "/known", Answer.status(503));
		metadata(OAUTH + "/good", issuer() + "/good");
		resource(RESOURCE, url("/mcp"), issuer() + "/good", issuer() + "/known");
		this.store.saveMetadata(KEY, document(issuer() + "/known")).block(PATIENCE);
		assertThat(fail()).isInstanceOf(UnavailableException.class)
			.hasMessageContainingAll("503", "were not tried", "'mcp.servers.github.oauth.authorization-server'");
		assertThat(this.as.count(OAUTH + "/good")).isZero();
	}

	@Test
	@DisplayName("S1 a client of the settings is not taken to the next authorization server because of an outage")
	void discoverWhenAClientIsConfiguredAndTheFirstIsDownDoesNotTryAnother() {
		this.as.handle(OAUTH + "/down", Answer.status(503));
		metadata(OAUTH + "/good", issuer() + "/good");
		resource(RESOURCE, url("/mcp"), issuer() + "/down", issuer() + "/good");
		OAuthSettings settings = OAuthSettings.builder().clientId("known").build();
		assertThat(catchThrowable(() -> discover(settings))).isInstanceOf(UnavailableException.class);
		assertThat(this.as.count(OAUTH + "/good")).isZero();
	}

	@Test
	@DisplayName("S1 of several authorization servers, bound credentials go to theirs only")
	void discoverWhenCredentialsAreBoundAsksTheirIssuerOnly() {
		metadata(OAUTH + "/first", issuer() + "/first");
		metadata(OAUTH + "/bound", issuer() + "/bound");
		resource(RESOURCE, url("/mcp"), issuer() + "/first", issuer() + "/bound");
		this.store.bindIssuer(KEY, issuer() + "/bound").block(PATIENCE);
		OAuthSettings settings = OAuthSettings.builder().clientId("known").clientSecret(Secret.of("s")).build();
		assertThat(discover(settings).authorizationServer().issuer()).isEqualTo(issuer() + "/bound");
		this.as.handle(OAUTH + "/bound", Answer.status(404));
		assertThat(catchThrowable(() -> discover(settings))).isInstanceOf(UnusableException.class)
			.hasMessageContaining("/bound' publishes no metadata");
		assertThat(this.as.count(OAUTH + "/first")).isZero();
	}

	@Test
	void discoverWhenSeveralAreNamedPrefersTheOneOfTheLastLogin() {
		metadata(OAUTH + "/first", issuer() + "/first");
		metadata(OAUTH + "/known", issuer() + "/known");
		resource(RESOURCE, url("/mcp"), issuer() + "/first", issuer() + "/known");
		this.store.saveMetadata(KEY, document(issuer() + "/known")).block(PATIENCE);
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer() + "/known");
		this.store.saveMetadata(KEY, document("https://elsewhere.example.com")).block(PATIENCE);
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer() + "/first");
	}

	@Test
	@DisplayName("A server that moves to another authorization server is followed")
	void discoverWhenServerNamesAnotherAuthorizationServerSaysSo() {
		metadata(OAUTH + "/one", issuer() + "/one");
		metadata(OAUTH + "/two", issuer() + "/two");
		resource(RESOURCE, url("/mcp"), issuer() + "/one");
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer() + "/one");
		resource(RESOURCE, url("/mcp"), issuer() + "/two");
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer() + "/two");
	}

	@Test
	void discoverWhenSettingsNameTheAuthorizationServerIgnoresTheMetadatas() {
		resource(RESOURCE, url("/mcp"), "https://ignored.example.com");
		metadata(OAUTH + "/mine", issuer() + "/mine");
		OAuthSettings settings = OAuthSettings.builder().authorizationServer(issuer() + "/mine").build();
		Discovered discovered = discover(settings);
		assertThat(discovered.authorizationServer().issuer()).isEqualTo(issuer() + "/mine");
		assertThat(discovered.resourceIndicator()).isEqualTo(url("/mcp"));
		this.mcp.remove(RESOURCE);
		assertThat(discover(settings).authorizationServer().issuer()).isEqualTo(issuer() + "/mine");
	}

	@ParameterizedTest
	@DisplayName("2025-03-26: without resource metadata the server's origin is its authorization server")
	@ValueSource(strings = { "SELF", "SELF/" })
	void discoverWhenThereIsNoResourceMetadataLooksAtTheOrigin(String issuer) {
		this.mcp.handle(OAUTH, Answer.json(200, document(issuer.replace("SELF", url("")))));
		Discovered discovered = discover();
		assertThat(discovered.resource()).isNull();
		assertThat(discovered.authorizationServer().issuer()).isEqualTo(issuer.replace("SELF", url("")));
		assertThat(discovered.resourceIndicator()).isEqualTo(url("/mcp"));
		assertThat(paths(this.mcp)).containsExactly(RESOURCE + "/mcp", RESOURCE, OAUTH);
	}

	@Test
	@DisplayName("2025-03-26: without any metadata the endpoints are at fixed paths")
	void discoverWhenThereIsNoMetadataAtAllUsesFixedPaths() {
		AuthorizationServerMetadata metadata = discover("Bearer realm=\"x\"").authorizationServer();
		assertThat(metadata.issuer()).isEqualTo(url(""));
		assertThat(metadata.authorizationEndpoint()).hasToString(url("/authorize"));
		assertThat(metadata.tokenEndpoint()).hasToString(url("/token"));
		assertThat(metadata.registrationEndpoint()).hasToString(url("/register"));
		assertThat(metadata.codeChallengeMethods()).containsExactly("S256");
		assertThat(metadata.revocationEndpoint()).isNull();
	}

	@Test
	@DisplayName("F7 a 5xx at the origin is no reason for fixed paths")
	void discoverWhenOriginCannotBeToldIsUnavailable() {
		this.mcp.handle(OAUTH, Answer.status(503));
		assertThat(fail()).isInstanceOf(UnavailableException.class);
	}

	@Test
	void discoverWhenOriginNamesAnotherIssuerIsUnusable() {
		this.mcp.handle(OAUTH, Answer.json(200, document("https://evil.example.com")));
		assertThat(fail()).isInstanceOf(UnusableException.class);
	}

	@Test
	@DisplayName("F23 a 401 of another scheme without metadata is not OAuth")
	void discoverWhenChallengeIsOfAnotherSchemeIsUnusable() {
		assertThat(catchThrowable(() -> discover("Basic realm=\"x\", Digest realm=\"y\"")))
			.isInstanceOf(UnusableException.class)
			.hasMessageContaining("another kind of authentication than OAuth");
	}

	@ParameterizedTest
	@DisplayName("Scopes: of the challenge, else of the resource, else none")
	@CsvSource({ "Bearer scope=\"b a\", x y, b a", "Bearer, x y, x y", "Bearer scope=\"\", x y, x y", "Bearer, '', ''",
			"'Basic scope=\"no\", Bearer scope=\"a\"', x, a", "'DPoP scope=\"d\", Bearer scope=\"a\"', x, d" })
	void discoverWhenScopesAreNamedChoosesThem(String challenge, String supported, String expected) {
		resource(RESOURCE, url("/mcp"), supported.isEmpty() ? List.of() : List.of(supported.split(" ")), issuer());
		metadata(OAUTH, issuer());
		assertThat(String.join(" ", discover(challenge).scopes())).isEqualTo(expected);
	}

	@ParameterizedTest
	@DisplayName("F17 offline_access is asked for where it is listed")
	@CsvSource({ "a, offline_access profile, a offline_access", "a, profile, a", "'', offline_access, ''",
			"a offline_access, offline_access, a offline_access" })
	void discoverWhenOfflineAccessIsListedAsksForIt(String scope, String supported, String expected) {
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OAUTH, issuer(), supported.split(" "));
		assertThat(String.join(" ", discover("Bearer scope=\"" + scope + "\"").scopes())).isEqualTo(expected);
	}

	@ParameterizedTest
	@DisplayName("F18 a step-up asks for what was asked for before and for what is missing")
	@CsvSource({ "Bearer error=insufficient_scope scope=\"c b\", a b c", "Bearer error=insufficient_scope, a b x",
			"Bearer error=invalid_token scope=\"c\", c" })
	void discoverWhenScopeIsInsufficientAsksForTheUnion(String challenge, String expected) {
		resource(RESOURCE, url("/mcp"), List.of("x"), issuer());
		metadata(OAUTH, issuer());
		this.store.put(KEY,
				Grant.with(Secret.of("token")).generation(1).additional(Map.of(Grant.REQUESTED_SCOPE, "a b")).build());
		assertThat(String.join(" ", discover(challenge).scopes())).isEqualTo(expected);
	}

	@Test
	@DisplayName("F17 the scopes of the settings stand as they are")
	void discoverWhenSettingsNameScopesTakesThemOnly() {
		resource(RESOURCE, url("/mcp"), List.of("x"), issuer());
		metadata(OAUTH, issuer(), "offline_access");
		Set<String> scopes = new LinkedHashSet<>(List.of("z", "a"));
		assertThat(discover(OAuthSettings.builder().scopes(scopes).build()).scopes()).containsExactly("z", "a");
	}

	@Test
	void discoverWhenStoreFailsSucceedsAllTheSame() {
		resource(RESOURCE, url("/mcp"), issuer(), "https://other.example.com");
		metadata(OAUTH, issuer());
		TokenStore broken = (TokenStore) Proxy.newProxyInstance(getClass().getClassLoader(),
				new Class<?>[] { TokenStore.class },
				(proxy, method, arguments) -> Mono.error(new TokenStoreException("github", "The disk is full", null)));
		Discovery discovery = new Discovery(new LoopbackClients(), ProtocolSettings.defaults(), TestClock.fixed(),
				broken, McpOAuthListener.none());
		assertThat(discovery
			.discover(server(), server().key(), List.of("Bearer error=\"insufficient_scope\", scope=\"b\""))
			.map(Discovered::scopes)
			.block(PATIENCE)).containsExactly("b");
		assertThat(discovery.discover(server(), server().key(), List.of())
			.map(Discovered::authorizationServer)
			.block(PATIENCE)).isEqualTo(discovery.metadata(server(), grant(issuer())).block(PATIENCE));
	}

	@Test
	@DisplayName("F7 the stored document of the grant's issuer is used without a request")
	void metadataWhenStoredDocumentIsOfTheIssuerUsesIt() {
		this.store.saveMetadata(KEY, document(issuer())).block(PATIENCE);
		assertThat(metadata(grant(issuer())).tokenEndpoint()).hasToString(issuer() + "/token");
		assertThat(metadata(grant(null)).issuer()).isEqualTo(issuer());
		assertThat(metadata(null).issuer()).isEqualTo(issuer());
		assertThat(this.as.requests()).isEmpty();
		assertThat(this.mcp.requests()).isEmpty();
	}

	@Test
	@DisplayName("F7 without a stored document the token endpoint is asked of the grant's issuer")
	void metadataWhenStoredDocumentIsOfAnotherIssuerAsksTheGrants() {
		this.store.saveMetadata(KEY, document(issuer() + "/other")).block(PATIENCE);
		metadata(OPENID, issuer());
		assertThat(metadata(grant(issuer())).tokenEndpoint()).hasToString(issuer() + "/token");
		assertThat(this.mcp.requests()).isEmpty();
		assertThat(this.store.getMetadata(KEY)).containsEntry("issuer", issuer() + "/other");
	}

	@Test
	@DisplayName("S6: discovery stores nothing, the grant does")
	void discoverWhenFoundStoresNothing() {
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OAUTH, issuer());
		discover();
		assertThat(this.store.getMetadata(KEY)).isNull();
	}

	@Test
	@DisplayName("S12: a document at a path cannot claim the whole host")
	void discoverWhenPathClaimsItsParentNeedsTheParentsDocument() {
		resource(RESOURCE + "/mcp", url(""), issuer());
		metadata(OAUTH, issuer());
		assertThat(fail()).isInstanceOf(UnusableException.class).hasMessageContaining("does not confirm that");
		resource(RESOURCE, url(""), issuer());
		assertThat(discover().resourceIndicator()).isEqualTo(url(""));
	}

	@Test
	@DisplayName("S1, S5: configured credentials stay with the issuer they are bound to")
	void discoverWhenIssuerChangedRefusesForConfiguredCredentials() {
		OAuthSettings settings = OAuthSettings.builder().clientId("c").clientSecret(Secret.of("hush")).build();
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OAUTH, issuer());
		IssuerBinding binding = new IssuerBinding(this.store);
		McpServer server = new McpServer("github", this.mcp.url("/mcp"), settings);
		binding.bind(server, KEY, "https://old.example.com").block(PATIENCE);
		binding.bind(server, KEY, issuer()).block(PATIENCE);
		assertThat(catchThrowable(() -> discover(settings))).isInstanceOf(UnusableException.class)
			.hasMessageContainingAll("'https://old.example.com'", "'" + issuer() + "'", "mcp remove github");
		assertThat(discover().authorizationServer().issuer()).isEqualTo(issuer());
	}

	@Test
	@DisplayName("F7 the token endpoint is not guessed while its issuer cannot be asked")
	void metadataWhenIssuerIsDownIsUnavailable() {
		this.as.handle(OAUTH, Answer.status(503));
		assertThat(catchThrowable(() -> metadata(grant(issuer())))).isInstanceOf(UnavailableException.class);
		assertThat(this.mcp.requests()).isEmpty();
	}

	@Test
	@DisplayName("F33 a grant whose issuer differs by a slash does not get another's endpoint")
	void metadataWhenIssuerDiffersByASlashIsUnusable() {
		this.store.saveMetadata(KEY, document(issuer())).block(PATIENCE);
		metadata(OAUTH, issuer());
		assertThat(catchThrowable(() -> metadata(grant(issuer() + "/")))).isInstanceOf(UnusableException.class);
		assertThat(this.store.getMetadata(KEY)).containsEntry("issuer", issuer());
	}

	@Test
	void metadataWhenNothingIsKnownDiscovers() {
		resource(RESOURCE, url("/mcp"), issuer());
		metadata(OAUTH, issuer());
		this.store.saveMetadata(KEY, Map.of("issuer", 17)).block(PATIENCE);
		assertThat(metadata(null).issuer()).isEqualTo(issuer());
	}

	private AuthorizationServerMetadata metadata(@Nullable Grant grant) {
		return this.discovery.metadata(server(), grant).blockOptional(PATIENCE).orElseThrow();
	}

	private Discovered discover(String... challenges) {
		return this.discovery.discover(server(), server().key(), List.of(challenges))
			.blockOptional(PATIENCE)
			.orElseThrow();
	}

	private Discovered discover(OAuthSettings settings) {
		McpServer server = new McpServer("github", this.mcp.url("/mcp"), settings);
		return this.discovery.discover(server, server.key(), List.of()).blockOptional(PATIENCE).orElseThrow();
	}

	private Throwable fail() {
		return catchThrowable(() -> discover());
	}

	private McpServer server() {
		return McpServer.of("github", this.mcp.url("/mcp"));
	}

	private static Grant grant(@Nullable String issuer) {
		return Grant.with(Secret.of("token")).issuer(issuer).build();
	}

	private String url(String path) {
		return this.mcp.url(path).toString();
	}

	private String issuer() {
		return this.as.url().toString();
	}

	private String announced(String path) {
		return "Bearer resource_metadata=\"" + url(path) + "\"";
	}

	private void resource(String path, String resource, String... issuers) {
		resource(path, resource, List.of(), issuers);
	}

	private void resource(String path, String resource, List<String> scopes, String... issuers) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("resource", resource);
		members.put("authorization_servers", Arrays.asList(issuers));
		members.put("scopes_supported", scopes);
		this.mcp.handle(path, Answer.json(200, members));
	}

	private void metadata(String path, String issuer, String... scopes) {
		Map<String, Object> members = document(issuer);
		members.put("scopes_supported", Arrays.asList(scopes));
		this.as.handle(path, Answer.json(200, members));
	}

	private static Map<String, Object> document(String issuer) {
		Map<String, Object> members = new LinkedHashMap<>();
		members.put("issuer", issuer);
		members.put("authorization_endpoint", issuer + "/authorize");
		members.put("token_endpoint", issuer + "/token");
		return members;
	}

	private static List<String> paths(TestHttpServer server) {
		return server.requests().stream().map(Request::path).toList();
	}

}
