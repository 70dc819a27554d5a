// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.web.TestBrowser.Page;
import io.github.mcpoauth.manager.ManagerFixture;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import org.springframework.boot.WebApplicationType;
import org.springframework.http.HttpHeaders;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.web.util.UriComponentsBuilder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The connections page over HTTP, as a browser without a script sees it, in both kinds of
 * applications.
 */
class ConnectionsPageTests {

	private static final String GITHUB = "github";

	private final ManagerFixture fixture = new ManagerFixture();

	private final TestBrowser browser = new TestBrowser();

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void connectWhenConsentedStoresAGrantAndShowsIt(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Page before = application.open(this.browser);
			assertThat(before.status()).isEqualTo(200);
			assertThat(before.body()).contains("Not connected", "Connect").doesNotContain("Disconnect");
			Page callback = this.browser.get(TestBrowser.consent(this.browser.connect(before, GITHUB)));
			assertThat(callback.status()).isEqualTo(303);
			assertThat(callback.header("Referrer-Policy")).isEqualTo("no-referrer");
			Page after = this.browser.follow(callback);
			assertThat(after.body()).contains("Connected", "The application can use 'github' for you now.", "Reconnect",
					"Disconnect", this.fixture.authorizationServer.issuer());
			Grant grant = this.fixture.stored();
			assertThat(this.fixture.token().value()).isEqualTo(grant.accessToken());
			assertThat(after.body()).doesNotContain(grant.accessToken().reveal(),
					Objects.requireNonNull(grant.refreshToken()).reveal());
			assertThat(this.browser.get(after.uri()).body()).contains("The application can use");
			assertThat(application.open(this.browser).body()).doesNotContain("The application can use");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("A request that was pushed names neither state nor redirect URI in its address")
	void connectWhenRequestsArePushedBelongsToTheBrowserAllTheSame(WebApplicationType type) throws Exception {
		this.fixture.authorizationServer.requirePushedRequests();
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			URI url = this.browser.connect(application.open(this.browser), GITHUB);
			assertThat(url.getRawQuery()).contains("request_uri=").doesNotContain("state=");
			Page callback = this.browser.get(TestBrowser.consent(url));
			assertThat(this.browser.follow(callback).body()).contains("The application can use 'github' for you now.");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void disconnectWhenConnectedRevokesAndForgets(WebApplicationType type) throws Exception {
		Grant grant = this.fixture.grant();
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Page done = this.browser.submit(application.open(this.browser), "disconnect", GITHUB);
			assertThat(done.status()).isEqualTo(303);
			assertThat(this.browser.follow(done).body()).contains("were revoked and forgotten", "Not connected");
			assertThat(this.fixture.store.get(this.fixture.key)).isNull();
			assertThat(this.fixture.authorizationServer.isActive(grant.accessToken().reveal())).isFalse();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("F22 A login that is denied leaves the grant there was, and says who said no")
	void callbackWhenDeniedKeepsTheGrant(WebApplicationType type) throws Exception {
		Grant grant = this.fixture.grant();
		this.fixture.authorizationServer.deny("access_denied");
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Page callback = this.browser
				.get(TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB)));
			assertThat(callback.status()).isEqualTo(303);
			assertThat(this.browser.follow(callback).body())
				.contains("Not connected", "said no to 'github'", "Reconnect")
				.doesNotContain("access_denied");
			assertThat(this.fixture.stored().accessToken()).isEqualTo(grant.accessToken());
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("A callback that comes from another browser is refused, and does not spend the login")
	void callbackWhenFromAnotherBrowserIsRefused(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			URI answer = TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB));
			TestBrowser other = new TestBrowser();
			assertThat(other.get(answer).status()).isEqualTo(403);
			Page elsewhere = application.open(other);
			assertThat(elsewhere.body()).contains("A login is in progress elsewhere", "Start over here")
				.doesNotContain("flow=", "code_challenge");
			assertThat(other.get(answer).status()).isEqualTo(403);
			assertThat(this.fixture.store.get(this.fixture.key)).isNull();
			assertThat(this.fixture.authorizationServer.exchanges()).isZero();
			assertThat(this.browser.get(answer).status()).isEqualTo(303);
			assertThat(this.fixture.store.get(this.fixture.key)).isNotNull();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("F34 A callback is taken once; the second one gets a page that says so")
	void callbackWhenRepeatedAnswersConflict(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			URI answer = TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB));
			assertThat(this.browser.get(answer).status()).isEqualTo(303);
			Page second = this.browser.get(answer);
			assertThat(second.status()).isEqualTo(409);
			assertThat(second.body()).contains("Answered already");
			assertThat(second.header("Referrer-Policy")).isEqualTo("no-referrer");
			assertThat(this.fixture.authorizationServer.exchanges()).isEqualTo(1);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void callbackWhenForgedIsRefusedAndTheLoginWaitsOn(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			URI answer = TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB));
			String callback = ConnectionsPage.PATH + "/callback";
			assertThat(this.browser.get(application.url(callback)).status()).isEqualTo(400);
			assertThat(this.browser.get(application.url(callback + "?code=abc")).status()).isEqualTo(400);
			Page forged = this.browser.get(application.url(callback + "?code=%3Cscript%3E&state=%3Cscript%3E"));
			assertThat(forged.status()).isEqualTo(404);
			assertThat(forged.body()).contains("No login waits for this").doesNotContain("<script>");
			assertThat(this.browser.get(URI.create(answer + "&state=other")).status()).isEqualTo(400);
			assertThat(this.fixture.authorizationServer.exchanges()).isZero();
			assertThat(this.browser.get(answer).status()).isEqualTo(303);
			assertThat(this.fixture.store.get(this.fixture.key)).isNotNull();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void callbackWhenCancelledIsGone(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			URI answer = TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB));
			Page waiting = application.open(this.browser);
			assertThat(waiting.body()).contains("Waiting for you", "Continue").doesNotContain("Use a code");
			Page cancelled = this.browser.submit(waiting, "cancel", GITHUB);
			assertThat(this.browser.follow(cancelled).body()).contains("nothing was changed", "Not connected");
			Page late = this.browser.get(answer);
			assertThat(late.status()).isEqualTo(410);
			assertThat(late.body()).contains("No longer wanted");
			assertThat(this.browser.submit(waiting, "cancel", GITHUB).status()).isEqualTo(303);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void callbackWhenTimedOutIsGone(WebApplicationType type) throws Exception {
		this.fixture.manager.add(new McpServer(GITHUB, this.fixture.server.url(),
				OAuthSettings.builder().callbackTimeout(Duration.ofSeconds(3)).build()));
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			URI url = this.browser.connect(application.open(this.browser), GITHUB);
			Login login = Objects.requireNonNull(this.fixture.manager.provider(this.fixture.key).currentLogin());
			URI answer = TestBrowser.consent(url);
			assertThatExceptionOfType(LoginException.class)
				.isThrownBy(() -> login.completion().block(ManagerFixture.PATIENCE));
			Page late = this.browser.get(answer);
			assertThat(late.status()).isEqualTo(410);
			assertThat(late.body()).contains("Too late");
			assertThat(this.fixture.authorizationServer.exchanges()).isZero();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void connectWhenALoginIsInFlightElsewhereAsksBeforeItTakesOver(WebApplicationType type) throws Exception {
		Login elsewhere = Objects.requireNonNull(this.fixture.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE));
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Page page = application.open(this.browser);
			Map<String, String> form = page.form("connect", GITHUB);
			assertThat(form).containsEntry("instead", elsewhere.id());
			form.remove("instead");
			Page joined = this.browser.post(page.uri().resolve(form.remove("action")), form);
			assertThat(this.browser.follow(joined).body()).contains("A login is in progress elsewhere");
			assertThat(this.fixture.manager.provider(this.fixture.key).currentLogin()).isEqualTo(elsewhere);
			assertThat(this.browser.get(TestBrowser.consent(this.browser.connect(page, GITHUB))).status())
				.isEqualTo(303);
			assertThat(this.fixture.store.get(this.fixture.key)).isNotNull();
			assertThatExceptionOfType(LoginException.class)
				.isThrownBy(() -> elsewhere.completion().block(ManagerFixture.PATIENCE))
				.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(LoginException.Reason.CANCELLED));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("F19 A user connects with a code on another device, which the page shows to no other user")
	void connectWhenWithACodeShowsItAndItsEnd(WebApplicationType type) throws Exception {
		this.fixture.authorizationServer.offerDeviceGrant();
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Page way = this.browser.follow(this.browser.submit(application.open(this.browser), "connect", GITHUB));
			assertThat(way.form("connect", GITHUB)).containsEntry("code", "true");
			assertThat(application.open(this.browser).body()).contains("Use a code");
			Page started = this.browser.submit(way, "connect", GITHUB);
			Login login = Objects.requireNonNull(this.fixture.manager.provider(this.fixture.key).currentLogin());
			Login.UserCode code = Objects.requireNonNull(login.userCode());
			Page waiting = this.browser.follow(started);
			assertThat(waiting.body()).contains("Waiting for you", code.value(), code.verificationUri().toString());
			assertThat(application.open(new TestBrowser()).body()).contains("in progress elsewhere")
				.doesNotContain(code.value());
			assertThat(this.browser.follow(this.browser.submit(waiting, "cancel", GITHUB)).body())
				.contains("was cancelled")
				.doesNotContain(code.value());
			assertThatExceptionOfType(LoginException.class)
				.isThrownBy(() -> login.completion().block(ManagerFixture.PATIENCE));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void formWhenNotFromHereChangesNothing(WebApplicationType type) throws Exception {
		this.fixture.grant();
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Page page = application.open(this.browser);
			Map<String, String> form = page.form("disconnect", GITHUB);
			URI action = page.uri().resolve(form.remove("action"));
			assertThat(new TestBrowser().post(action, form).status()).isEqualTo(403);
			TestBrowser other = new TestBrowser();
			application.open(other);
			assertThat(other.post(action, form).status()).isEqualTo(403);
			assertThat(this.browser.post(action, Map.of("server", GITHUB)).status()).isEqualTo(403);
			this.browser.header("Origin", "https://evil.example");
			Page foreign = this.browser.post(action, form);
			assertThat(foreign.status()).isEqualTo(403);
			assertThat(foreign.body()).contains("Another address");
			this.browser.header("Origin", "http://127.0.0.1:" + application.port());
			form.put("server", "<b>nobody</b>");
			Page unknown = this.browser.post(action, form);
			assertThat(unknown.status()).isEqualTo(404);
			assertThat(unknown.body()).contains("&lt;b&gt;nobody").doesNotContain("<b>");
			assertThat(this.fixture.store.get(this.fixture.key)).isNotNull();
			form.put("server", GITHUB);
			assertThat(this.browser.post(action, form).status()).isEqualTo(303);
			assertThat(this.fixture.store.get(this.fixture.key)).isNull();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void answerWhenSentIsNotKeptFramedOrRun(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager,
				"--mcp.oauth.web.allow-unprotected=true")) {
			Page list = application.open(this.browser);
			assertThat(list.header("Set-Cookie"))
				.matches("mcp-connections=[A-Za-z0-9_-]{43}; " + "Path=/mcp/connections; HttpOnly; SameSite=Lax");
			Page started = this.browser.submit(list, "connect", GITHUB);
			Page way = this.browser.follow(started);
			Page refused = this.browser.get(application.url(ConnectionsPage.PATH + "/callback?code=1&state=2"));
			Page forbidden = new TestBrowser().post(application.url(ConnectionsPage.PATH + "/connect"), Map.of());
			for (Page page : List.of(list, started, way, refused, forbidden)) {
				assertThat(page.header("Cache-Control")).isEqualTo("no-store");
				assertThat(page.header("Content-Security-Policy"))
					.contains("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'")
					.doesNotContain("unsafe");
				assertThat(page.header("X-Frame-Options")).isEqualTo("DENY");
				assertThat(page.header("X-Content-Type-Options")).isEqualTo("nosniff");
				assertThat(page.header("Referrer-Policy")).isIn("same-origin", "no-referrer");
				assertThat(page.body()).doesNotContain(" style=", " onclick", "<style");
			}
			assertThat(application.open(this.browser).headers().firstValue("Set-Cookie")).isEmpty();
			for (String asset : List.of("connections.css", "connections.js", "connections.svg")) {
				assertThat(list.body()).contains("connections/" + asset + "?v=");
				assertThat(this.browser.get(application.url(ConnectionsPage.PATH + "/" + asset)).status())
					.isEqualTo(200);
			}
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void pageWhenNamesAndTextsAreHostileEscapesThem(WebApplicationType type) throws Exception {
		String name = "\"><img src=x onerror=alert(1)>\u202Egnp";
		this.fixture.manager.add(McpServer.of(name, URI.create("https://other.example/mcp?key=api-key")));
		this.fixture.authorizationServer.http()
			.next(TestAuthorizationServer.TOKEN, (request) -> Response.json(400,
					Map.of("error", "server_error", "error_description", "<script>alert(1)</script>")));
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Page page = application.open(this.browser);
			assertThat(page.body()).contains("&quot;&gt;&lt;img src=x onerror=alert(1)&gt; gnp")
				.doesNotContain("<img", "\u202E", "api-key");
			assertThat(page.hasForm("connect", "\"><img src=x onerror=alert(1)> gnp")).isTrue();
			Page failed = this.browser
				.follow(this.browser.get(TestBrowser.consent(this.browser.connect(page, GITHUB))));
			assertThat(failed.body()).contains("Not connected").doesNotContain("<script>alert");
		}
	}

	@ParameterizedTest
	@CsvSource({ "REACTIVE,--spring.webflux.base-path=/app", "SERVLET,--server.servlet.context-path=/app",
			"SERVLET,--spring.mvc.servlet.path=/app" })
	void pageWhenBelowAContextPathWorksThere(WebApplicationType type, String argument) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager, List.of(),
				"/app", argument, "--mcp.oauth.web.allow-unprotected=true")) {
			Page page = application.open(this.browser);
			assertThat(page.header("Set-Cookie")).contains("Path=/app/mcp/connections;");
			URI answer = TestBrowser.consent(this.browser.connect(page, GITHUB));
			assertThat(answer).hasPath("/app/mcp/connections/callback");
			assertThat(this.browser.follow(this.browser.get(answer)).body()).contains("The application can use");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("F15 A client that is registered with another redirect URI is registered anew, and then used again")
	void connectWhenClientIsRegisteredForAnotherRedirectRegistersOnce(WebApplicationType type) throws Exception {
		Login loopback = Objects.requireNonNull(this.fixture.manager.provider(this.fixture.key)
			.login(LoginRequest.withoutBrowser())
			.block(ManagerFixture.PATIENCE));
		loopback.complete(TestBrowser.consent(Objects.requireNonNull(loopback.authorizationUrl())).toString())
			.block(ManagerFixture.PATIENCE);
		assertThat(this.fixture.authorizationServer.registrations()).isEqualTo(1);
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			for (int i = 0; i < 2; i++) {
				Page connected = this.browser
					.get(TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB)));
				assertThat(this.browser.follow(connected).body()).contains("The application can use");
				assertThat(this.fixture.authorizationServer.registrations()).isEqualTo(2);
			}
			assertThat(this.fixture.authorizationServer.http().requests(TestAuthorizationServer.REGISTER).get(1).json())
				.containsEntry("application_type", "native")
				.containsEntry("redirect_uris",
						List.of(application.url(ConnectionsPage.PATH + "/callback").toString()));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void connectWhenExternalUrlIsSetRegistersAWebClientForIt(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager,
				"--mcp.oauth.web.external-url=https://agent.example/app", "--mcp.oauth.web.allow-unprotected=true")) {
			Page page = application.open(this.browser);
			assertThat(page.header("Set-Cookie")).startsWith("__Host-mcp-connections=")
				.contains("Path=/;", "Secure; HttpOnly; SameSite=Lax");
			URI answer = TestBrowser.consent(this.browser.connect(page, GITHUB));
			assertThat(answer.toString()).startsWith("https://agent.example/app/mcp/connections/callback?code=");
			assertThat(this.fixture.authorizationServer.http().requests(TestAuthorizationServer.REGISTER).get(0).json())
				.containsEntry("application_type", "web")
				.containsEntry("redirect_uris", List.of("https://agent.example/app/mcp/connections/callback"));
			Page done = this.browser.get(application.url(ConnectionsPage.PATH + "/callback?" + answer.getRawQuery()));
			assertThat(this.browser.follow(done).body()).contains("The application can use");
			this.browser.header("Origin", "http://127.0.0.1:" + application.port());
			Page internal = this.browser.submit(application.open(this.browser), "disconnect", GITHUB);
			assertThat(internal.status()).isEqualTo(403);
			assertThat(internal.body()).contains("https://agent.example/app/mcp/connections");
		}
	}

	@ParameterizedTest
	@CsvSource({ "REACTIVE,none", "REACTIVE,framework", "SERVLET,none", "SERVLET,framework" })
	@DisplayName("S4: without external-url no header decides where an authorization server sends a code")
	void connectWhenAddressIsForgedIsRefused(WebApplicationType type, String strategy) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager,
				"--mcp.oauth.web.allow-unprotected=true", "--server.forward-headers-strategy=" + strategy)) {
			Page page = application.open(this.browser);
			assertThat(page.body())
				.contains("<code>http://127.0.0.1:" + application.port() + "/mcp/connections/callback</code>");
			Map<String, String> form = page.form("connect", GITHUB);
			URI action = page.uri().resolve(form.remove("action"));
			this.browser.header("X-Forwarded-Proto", "https").header("X-Forwarded-Host", "evil.example");
			assertThat(this.browser.post(action, form).status()).isEqualTo(403);
			Page refused = application.open(this.browser);
			assertThat(refused.status()).isEqualTo(403);
			assertThat(refused.body()).contains("mcp.oauth.web.external-url").doesNotContain("evil.example");
			for (String host : List.of("evil.example", "127.0.0.1.evil.example", "localhost.:" + application.port())) {
				String answer = rawPost(application, action, host, form);
				assertThat(answer).startsWith("HTTP/1.1 403").doesNotContain(host);
			}
			assertThat(this.fixture.authorizationServer.http().requests(TestAuthorizationServer.REGISTER)).isEmpty();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("S4: the port that received the request is told to the authorization server, not that of Host")
	void connectWhenPortIsForgedUsesTheRealOne(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager,
				"--mcp.oauth.web.allow-unprotected=true")) {
			Page page = application.open(this.browser);
			Map<String, String> form = page.form("connect", GITHUB);
			URI action = page.uri().resolve(form.remove("action"));
			assertThat(rawPost(application, action, "127.0.0.1:1", form)).startsWith("HTTP/1.1 303");
			assertThat(this.fixture.authorizationServer.http().requests(TestAuthorizationServer.REGISTER).get(0).json())
				.containsEntry("redirect_uris",
						List.of(application.url(ConnectionsPage.PATH + "/callback").toString()));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("S4: an answer that comes to another address than the login's is refused, and the login still waits")
	void callbackWhenAtAnotherAddressIsRefused(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager,
				"--mcp.oauth.web.allow-unprotected=true")) {
			URI answer = TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB));
			Page elsewhere = this.browser.get(URI.create(answer.toString().replace("127.0.0.1", "localhost")));
			assertThat(elsewhere.status()).isEqualTo(403);
			assertThat(this.fixture.authorizationServer.exchanges()).isZero();
			assertThat(this.browser.get(answer).status()).isEqualTo(303);
			assertThat(this.fixture.store.get(this.fixture.key)).isNotNull();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("S9: without a login the page asks for the code of this start, whatever a proxy leaves out")
	void pageWhenNoCodeWasEnteredShowsAndChangesNothing(WebApplicationType type) throws Exception {
		this.fixture.grant();
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			Map<String, String> form = application.open(this.browser).form("disconnect", GITHUB);
			URI action = application.url(ConnectionsPage.PATH).resolve(form.remove("action"));
			TestBrowser stranger = new TestBrowser();
			Page asked = stranger.get(application.url(ConnectionsPage.PATH));
			assertThat(asked.status()).isEqualTo(403);
			assertThat(asked.body()).contains("Enter the code")
				.doesNotContain(GITHUB, this.fixture.server.url().toString());
			assertThat(stranger.get(application.url(ConnectionsPage.PATH + "/list")).body()).doesNotContain(GITHUB);
			assertThat(stranger.post(action, form).status()).isEqualTo(403);
			for (String wrong : List.of("", "0", "AAAAAAAAAAAAAAAAAAAAAA")) {
				Page refused = application.enter(stranger, asked, wrong);
				assertThat(refused.status()).isEqualTo(403);
				assertThat(refused.body()).contains("That is not the code");
			}
			stranger.cookies().put("mcp-connections-code-" + application.port(), "AAAA");
			assertThat(stranger.get(application.url(ConnectionsPage.PATH)).status()).isEqualTo(403);
			// The proof of one browser is worth nothing in another
			String name = "mcp-connections-code-" + application.port();
			stranger.cookies().put(name, Objects.requireNonNull(this.browser.cookies().get(name)));
			assertThat(stranger.get(application.url(ConnectionsPage.PATH)).status()).isEqualTo(403);
			assertThat(this.fixture.store.get(this.fixture.key)).isNotNull();
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	@DisplayName("S21: a question mark in a code, which RFC 3986 allows unencoded, reaches the authorization server")
	void callbackWhenCodeHasAQuestionMarkPassesItOn(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			String state = Objects.requireNonNull(UriComponentsBuilder
				.fromUri(TestBrowser.consent(this.browser.connect(application.open(this.browser), GITHUB)))
				.build()
				.getQueryParams()
				.getFirst("state"));
			this.browser.get(application.url(ConnectionsPage.PATH + "/callback?code=a?b=c%26d&state=" + state));
			assertThat(this.fixture.authorizationServer.http().requests(TestAuthorizationServer.TOKEN).get(0).form())
				.containsEntry("code", List.of("a?b=c&d"));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void pageWhenBrowserPrefersGermanIsGerman(WebApplicationType type) throws Exception {
		this.browser.header("Accept-Language", "fr;q=0.9, de-AT;q=0.8, en;q=0.5");
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager,
				"--spring.application.name=Mail <agent>")) {
			Page page = application.open(this.browser);
			assertThat(page.body()).contains("<html lang=\"de\">", "Nicht verbunden", "Mail &lt;agent&gt;",
					"href=\"http://127.0.0.1:%s/\"".formatted(application.port()));
			Page connected = this.browser
				.follow(this.browser.get(TestBrowser.consent(this.browser.connect(page, GITHUB))));
			assertThat(connected.body()).contains("Die Anwendung kann „github“ jetzt für Sie nutzen.");
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void pageWhenRecordIsDamagedSaysSoWithoutItsPath(WebApplicationType type, @TempDir Path directory)
			throws Exception {
		Files.writeString(directory.resolve("github.json"), "damaged");
		this.browser.header("Accept-Language", "de");
		McpOAuthManager manager = McpOAuthManager.builder()
			.server(McpServer.of(GITHUB, URI.create("http://127.0.0.1:1/mcp")))
			.directory(directory)
			.build();
		try (ConnectionsApplication application = ConnectionsApplication.start(type, manager)) {
			assertThat(application.open(this.browser).body())
				.contains("Speicher gestört", "Der gespeicherte Schlüssel ist nicht lesbar.")
				.doesNotContain(directory.toString(), "JSON", "token file");
		}
		finally {
			manager.close();
		}
	}

	/**
	 * Send a form with a {@code Host} of its own, which the JDK's client does not.
	 */
	private String rawPost(ConnectionsApplication application, URI action, String host, Map<String, String> form)
			throws Exception {
		String body = form.entrySet()
			.stream()
			.map((field) -> field.getKey() + "=" + URLEncoder.encode(field.getValue(), StandardCharsets.UTF_8))
			.collect(Collectors.joining("&"));
		String cookies = this.browser.cookies()
			.entrySet()
			.stream()
			.map((cookie) -> cookie.getKey() + "=" + cookie.getValue())
			.collect(Collectors.joining("; "));
		try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(application.port()))) {
			socket.setSoTimeout(30_000);
			socket.getOutputStream()
				.write("""
						POST %s HTTP/1.1\r
						Host: %s\r
						Cookie: %s\r
						Connection: close\r
						Content-Type: application/x-www-form-urlencoded\r
						Content-Length: %d\r
						\r
						%s""".formatted(action.getRawPath(), host, cookies, body.length(), body)
					.getBytes(StandardCharsets.UTF_8));
			return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "REACTIVE", "SERVLET" })
	void pageWhenNobodyHasToLogInIsForThisMachineOnly(WebApplicationType type) throws Exception {
		try (ConnectionsApplication application = ConnectionsApplication.start(type, this.fixture.manager)) {
			assertThat(application.open(this.browser).status()).isEqualTo(200);
			Page proxied = application.open(new TestBrowser().header("X-Forwarded-For", "203.0.113.7"));
			assertThat(proxied.status()).isEqualTo(403);
			assertThat(proxied.body()).contains("through a proxy", "mcp.oauth.web.allow-unprotected")
				.doesNotContain(GITHUB);
			URI localhost = URI.create("http://localhost:%s/mcp/connections".formatted(application.port()));
			TestBrowser byName = new TestBrowser();
			Page asked = byName.get(localhost);
			assertThat(asked.body()).contains("Enter the code").doesNotContain(GITHUB);
			String code = application.context().getBean(ConnectionsPage.class).accessCode();
			assertThat(byName.follow(application.enter(byName, asked, code)).status()).isEqualTo(200);
		}
	}

	@Test
	void accessWhenRequestIsNotLocalHasAnObjection() throws Exception {
		InetAddress here = InetAddress.getLoopbackAddress();
		assertThat(objection("http://127.0.0.1:8080", here)).isNull();
		assertThat(objection("http://[::1]:8080", here)).isNull();
		assertThat(objection("http://localhost:8080", here)).isNull();
		for (String rebound : List.of("http://evil.example:8080", "http://127.0.0.1.evil.example",
				"http://localhost.evil.example", "http://app.localhost:8080", "http://localhost.:8080")) {
			assertThat(objection(rebound, here)).isEqualTo("refused.name");
		}
		assertThat(objection("http://127.0.0.1:8080", InetAddress.getByAddress(new byte[] { (byte) 192, 0, 2, 1 })))
			.isEqualTo("refused.remote");
		assertThat(objection("http://127.0.0.1:8080", null)).isEqualTo("refused.remote");
	}

	private static @Nullable String objection(String base, @Nullable InetAddress remote) {
		Access access = new Access(null, false, new AccessCode(new BrowserKeys()));
		Admission admission = access
			.admit(new PageRequest(URI.create(base), new LinkedMultiValueMap<>(), new HttpHeaders(), Map.of(), null,
					null, new InetSocketAddress(InetAddress.getLoopbackAddress(), 8080), remote));
		return (admission instanceof Admission.Refused refused) ? refused.text() : null;
	}

}
