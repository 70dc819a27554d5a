// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.testing.TestAuthorizationServer;
import io.github.mcpoauth.testing.TestHttpServer.Answer;
import io.github.mcpoauth.testing.TestHttpServer.Request;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for logins at authorization servers that differ from the specifications as users
 * have reported it.
 */
class OddServerLoginTests extends LoginTestBase {

	@ParameterizedTest
	@ValueSource(strings = "invalid_redirect_uri")
	@DisplayName("F50: a refused loopback name is replaced by the other one, which the next login uses again")
	void loginWhenTheRedirectUriIsRefusedTriesTheOtherLoopbackName(String error) {
		this.authorizationServer.http().next(TestAuthorizationServer.REGISTER, Answer.error(400, error));
		logIn(server());
		assertThat(client().redirectUris()).singleElement().asString().startsWith("http://localhost:");
		logIn(server());
		assertThat(this.authorizationServer.http().count(TestAuthorizationServer.REGISTER)).isEqualTo(2);
	}

	@Test
	@DisplayName("F50: the message names the properties when both loopback names are refused")
	void loginWhenBothLoopbackNamesAreRefusedNamesTheProperties() {
		this.authorizationServer.http()
			.handle(TestAuthorizationServer.REGISTER, Answer.error(400, "invalid_redirect_uri"));
		LoginException failure = beginFailing(server());
		assertThat(failure.getReason()).isEqualTo(Reason.CONFIGURATION);
		assertThat(failure).hasMessageContaining("'mcp.servers.test.oauth.redirect-host'")
			.hasMessageContaining("'mcp.servers.test.oauth.redirect-uri'");
		assertThat(this.authorizationServer.http().count(TestAuthorizationServer.REGISTER)).isEqualTo(2);
	}

	@Test
	@DisplayName("F43: a secret that came with the method 'none' is used where the token endpoint wants it")
	void loginWhenTheRegistrationContradictsItselfUsesTheSecret() {
		this.authorizationServer.client("client-1", "client-secret");
		this.authorizationServer.http()
			.next(TestAuthorizationServer.REGISTER,
					(request) -> Answer
						.json(201,
								Map.of("client_id", "client-1", "client_secret", "client-secret",
										"token_endpoint_auth_method", "none", "redirect_uris", redirectUris(request)))
						.answer(request));
		logIn(server());
		assertThat(client().tokenEndpointAuthMethod()).startsWith("client_secret_");
		assertThat(client().clientSecret()).isNotNull();
	}

	@SuppressWarnings("unchecked")
	private static List<String> redirectUris(Request request) {
		return (List<String>) Objects.requireNonNull(request.json().get("redirect_uris"));
	}

	@Test
	@DisplayName("F57: an error without a state is shown, and the login goes on")
	void callbackWhenTheErrorHasNoStateShowsItAndGoesOn() {
		LoginRun login = begin(server());
		URI redirect = redirect(login);
		String address = "http://" + redirect.getAuthority() + redirect.getPath();
		String error = "?error=access_denied&error_description=no%20%3Cb%3Eway";
		assertThat(get(URI.create(address + error)).join()).satisfies((page) -> {
			assertThat(page.statusCode()).isEqualTo(400);
			assertThat(page.body()).contains("access_denied", "no &lt;b&gt;way", "goes on").doesNotContain("<b>");
		});
		assertThatIllegalArgumentException().isThrownBy(() -> login.complete(address + error).block(PATIENCE))
			.withMessageContaining("access_denied");
		assertThat(this.service.current(KEY)).isSameAs(login);
		assertThat(get(redirect).join().statusCode()).isEqualTo(200);
		assertThat(end(login)).isEqualTo(grant());
	}

	@Test
	@DisplayName("F58: offline_access goes with prompt=consent at an OpenID provider, unless the settings say otherwise")
	void loginWhenAnOpenIdProviderOffersOfflineAccessAsksForConsent() {
		this.mcpServer.metadata((metadata) -> metadata.put("scopes_supported", List.of("mcp")));
		this.authorizationServer.metadata((metadata) -> {
			metadata.put("scopes_supported", List.of("mcp", "offline_access"));
			metadata.put("subject_types_supported", List.of("public"));
		});
		assertThat(query(begin(server()))).contains("prompt=consent");
		assertThat(query(begin(server((settings) -> settings.authorizeParameters(Map.of("prompt", "login"))))))
			.contains("prompt=login")
			.doesNotContain("consent");
		assertThat(query(begin(server((settings) -> settings.authorizeParameters(Map.of("prompt", ""))))))
			.doesNotContain("prompt=");
		assertThat(query(begin(server((settings) -> settings.scopes(Set.of("mcp")))))).doesNotContain("prompt=");
	}

	@Test
	@DisplayName("S4: an address that is not the login's own is not accepted as its answer")
	void completeWhenTheAnswerCameToAnotherAddressLeavesTheLoginInFlight() {
		LoginRun login = begin(server());
		URI redirect = redirect(login);
		String elsewhere = "https://attacker.example" + redirect.getPath() + "?" + redirect.getRawQuery();
		assertThatIllegalArgumentException().isThrownBy(() -> login.complete(elsewhere).block(PATIENCE))
			.withMessageContaining("not the address");
		assertThat(this.service.current(KEY)).isSameAs(login);
		assertThat(login.complete(redirect.toString()).block(PATIENCE)).isEqualTo(grant());
	}

	private static String query(LoginRun login) {
		return login.authorizationUrl().getQuery();
	}

}
