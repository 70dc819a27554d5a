// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.client.reactive.ClientHttpRequest;
import org.springframework.mock.http.client.reactive.MockClientHttpRequest;
import org.springframework.web.reactive.function.BodyInserters;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ExchangeStrategies;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AuthorizedRequest}.
 */
class AuthorizedRequestTests {

	private static final URI URL = URI.create("https://mcp.example.com/mcp");

	private static final AccessToken TOKEN = new AccessToken(Secret.of("token"), "Bearer", null);

	private static final McpServer SERVER = McpServer.of("github", URL);

	private final List<ClientHttpRequest> customized = new ArrayList<>();

	private final ClientRequest request = ClientRequest.create(HttpMethod.POST, URL)
		.header("Accept", "application/json")
		.cookie("taste", "good")
		.attribute("attribute", "value")
		.httpRequest(this.customized::add)
		.body(BodyInserters.fromValue("body"))
		.build();

	@Test
	void writeToWritesEverythingOfTheRequestAndTheToken() {
		MockClientHttpRequest written = write(authorized(TOKEN));
		assertThat(written.getHeaders().get("Accept")).containsExactly("application/json");
		assertThat(written.getHeaders().get(HttpHeaders.AUTHORIZATION)).containsExactly("Bearer token");
		assertThat(written.getCookies().getFirst("taste")).hasToString("taste=good");
		assertThat(written.getBodyAsString().block()).isEqualTo("body");
		assertThat(this.customized).hasSize(1);
	}

	@Test
	@DisplayName("S7: the token is written with the request and is not among its headers")
	void headersDoNotHaveTheToken() {
		assertThat(authorized(TOKEN).headers().containsHeader(HttpHeaders.AUTHORIZATION)).isFalse();
	}

	@ParameterizedTest
	@DisplayName("S7: a filter behind ours that rewrites the address gets no token")
	@ValueSource(strings = { "https://evil.example/mcp", "https://mcp.example.com:8443/mcp",
			"http://mcp.example.com/mcp", "https://mcp.example.com/other" })
	void writeToWhenACopyGoesElsewhereSendsNoToken(String url) {
		AuthorizedRequest authorized = authorized(TOKEN);
		ClientRequest copy = ClientRequest.from(authorized).url(URI.create(url)).build();
		MockClientHttpRequest written = new MockClientHttpRequest(HttpMethod.POST, copy.url());
		copy.writeTo(written, ExchangeStrategies.withDefaults()).block();
		assertThat(written.getHeaders().containsHeader(HttpHeaders.AUTHORIZATION)).isFalse();
		assertThat(authorized.isWithheld()).isTrue();
	}

	@Test
	@DisplayName("S7: a copy that stays below the server's address keeps the token")
	void writeToWhenACopyStaysAtTheServerSendsTheToken() {
		ClientRequest copy = ClientRequest.from(authorized(TOKEN)).url(URI.create(URL + "?trace=1")).build();
		MockClientHttpRequest written = new MockClientHttpRequest(HttpMethod.POST, copy.url());
		copy.writeTo(written, ExchangeStrategies.withDefaults()).block();
		assertThat(written.getHeaders().get(HttpHeaders.AUTHORIZATION)).containsExactly("Bearer token");
		assertThat(written.getBodyAsString().block()).isEqualTo("body");
	}

	@Test
	@DisplayName("S7: an Authorization header that a filter behind ours sets stays")
	void writeToWhenACopyIsAuthorizedOtherwiseLeavesThat() {
		ClientRequest copy = ClientRequest.from(authorized(TOKEN)).header(HttpHeaders.AUTHORIZATION, "Other").build();
		assertThat(write(copy).getHeaders().get(HttpHeaders.AUTHORIZATION)).containsExactly("Other");
	}

	@Test
	void writeToWhenDefaultHeadersAreThereLeavesThem() {
		MockClientHttpRequest written = new MockClientHttpRequest(HttpMethod.POST, URL);
		written.getHeaders().set("Accept", "text/plain");
		authorized(TOKEN).writeTo(written, ExchangeStrategies.withDefaults()).block();
		assertThat(written.getHeaders().get("Accept")).containsExactly("text/plain");
	}

	@Test
	void writeToWhenThereIsNoTokenSendsNone() {
		AuthorizedRequest authorized = authorized(null);
		assertThat(authorized.headers().containsHeader(HttpHeaders.AUTHORIZATION)).isFalse();
		assertThat(write(authorized).getHeaders().containsHeader(HttpHeaders.AUTHORIZATION)).isFalse();
	}

	@Test
	void fromWhenAFilterCopiesTheRequestCopiesEverythingAndWatchesTheBody() {
		AuthorizedRequest authorized = authorized(TOKEN);
		ClientRequest copy = ClientRequest.from(authorized).build();
		assertThat(copy.method()).isEqualTo(HttpMethod.POST);
		assertThat(copy.url()).isEqualTo(URL);
		assertThat(write(copy).getHeaders().get(HttpHeaders.AUTHORIZATION)).containsExactly("Bearer token");
		assertThat(copy.cookies().get("taste")).containsExactly("good");
		assertThat(copy.attributes()).containsAllEntriesOf(Map.of("attribute", "value"));
		assertThat(copy.body()).isSameAs(authorized);
		assertThat(copy.logPrefix()).isEqualTo(this.request.logPrefix());
	}

	private AuthorizedRequest authorized(@Nullable AccessToken token) {
		return new AuthorizedRequest(this.request, new ReplayableBody(this.request.body()), SERVER, token);
	}

	private static MockClientHttpRequest write(ClientRequest request) {
		MockClientHttpRequest written = new MockClientHttpRequest(HttpMethod.POST, URL);
		request.writeTo(written, ExchangeStrategies.withDefaults()).block();
		return written;
	}

}
