/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

package io.github.mcpoauth.store;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link RecordCodec}.
 */
class RecordCodecTests {

	private static final Instant NOW = Instant.parse("2026-06-01T12:00:00Z");

	private final RecordCodec codec = new RecordCodec();

	@Test
	void readGrantWhenWrittenIsTheSameGrant() {
		Grant grant = Grant.with(Secret.of("access"))
			.tokenType("DPoP")
			.refreshToken(Secret.of("refresh"))
			.issuedAt(NOW)
			.expiresAt(NOW.plusSeconds(3600))
			.scope(Set.of("read"))
			.issuer("https://as.example/")
			.tokenEndpoint(URI.create("https://as.example/token"))
			.clientId("client")
			.resource("https://mcp.example/mcp?a=b")
			.resourceRefused(true)
			.generation(7)
			.additional(Map.of("id_token", "identity"))
			.build();
		assertThat(this.codec.readGrant(this.codec.write(grant), NOW)).isEqualTo(grant);
	}

	@Test
	void writeGrantAlwaysIsATokenResponseWithMembersBeside() {
		Grant grant = Grant.with(Secret.of("access"))
			.issuedAt(NOW)
			.expiresAt(NOW.plusSeconds(60))
			.scope(new LinkedHashSet<>(List.of("b", "a")))
			.build();
		assertThat(new String(this.codec.write(grant), StandardCharsets.UTF_8))
			.isEqualTo("{\"access_token\":\"access\",\"token_type\":\"Bearer\",\"expires_in\":60,\"expires_at\":"
					+ NOW.plusSeconds(60).getEpochSecond() + ",\"issued_at\":" + NOW.getEpochSecond()
					+ ",\"scope\":\"b a\",\"generation\":0}");
	}

	@Test
	@DisplayName("F5 a bare token response expires expires_in after it was written")
	void readGrantWhenBareTokenResponseCountsFromWhenItWasWritten() {
		Grant grant = readGrant("{\"access_token\":\"a\",\"token_type\":\"bearer\",\"expires_in\":3600}");
		assertThat(grant.tokenType()).isEqualTo("Bearer");
		assertThat(grant.issuedAt()).isEqualTo(NOW);
		assertThat(grant.expiresAt()).isEqualTo(NOW.plusSeconds(3600));
		assertThat(grant.generation()).isZero();
	}

	@Test
	void readGrantWhenOthersWroteItUnderstandsDecimalsTextAndArrays() {
		Grant grant = readGrant("{\"access_token\":\"a\",\"expires_at\":1780315200.75,\"expires_in\":\"60\","
				+ "\"scope\":[\"read\",\"write\"],\"refresh_expires_in\":1800,\"session_state\":null}");
		assertThat(grant.expiresAt()).isEqualTo(NOW.plusMillis(750));
		assertThat(grant.issuedAt()).isEqualTo(NOW.plusMillis(750).minusSeconds(60));
		assertThat(grant.scope()).containsExactly("read", "write");
		assertThat(grant.additional()).containsOnlyKeys("refresh_expires_in");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", " ", "null", "[]", "\"secret\"", "{", "{\"access_token\":\"secret\"} x", "{}",
			"{\"access_token\":\"\",\"refresh_token\":\"secret\"}", "{\"access_token\":{\"secret\":1}}",
			"{\"access_token\":\"a\",\"expires_at\":\"secret\"}", "{\"access_token\":\"a\",\"expires_at\":1e999999999}",
			"{\"access_token\":\"a\",\"expires_in\":\"1e400000000\"x}",
			"{\"access_token\":\"a\",\"token_endpoint\":\"secret secret\"}", "secret" })
	@DisplayName("F11, F32 what is no grant is a named error without any of its content")
	void readGrantWhenItIsNoneFailsWithoutItsContent(String record) {
		assertThatIllegalArgumentException().isThrownBy(() -> readGrant(record))
			.withMessageStartingWith("it")
			.withNoCause()
			.withMessageNotContaining("secret");
	}

	@Test
	void readGrantWhenNumbersAreTinyDoesNotSpellThemOut() {
		assertThat(readGrant("{\"access_token\":\"a\",\"expires_at\":1e-999999999}").expiresAt())
			.isEqualTo(Instant.EPOCH);
	}

	@Test
	void readClientWhenWrittenIsTheSameClient() {
		OAuthClient client = new OAuthClient("client", Secret.of("secret"), "client_secret_post",
				OAuthClient.Origin.REGISTERED, "https://as.example", NOW, Set.of("http://127.0.0.1:1/callback"),
				Set.of("read"), Map.of("client_name", "agent"));
		assertThat(this.codec.readClient(this.codec.write(client))).isEqualTo(client);
	}

	@Test
	void readClientWhenSecretNeverExpiresHasNoExpiry() {
		OAuthClient client = this.codec
			.readClient("{\"client_id\":\"c\",\"client_secret\":\"s\",\"client_secret_expires_at\":0}"
				.getBytes(StandardCharsets.UTF_8));
		assertThat(client.secretExpiresAt()).isNull();
		assertThat(client.origin()).isEqualTo(OAuthClient.Origin.REGISTERED);
	}

	@Test
	void readClientWhenItIsAMetadataDocumentKeepsItsOrigin() {
		OAuthClient client = new OAuthClient("https://app.example/client.json", null, "none",
				OAuthClient.Origin.METADATA_DOCUMENT, null, null, Set.of(), Set.of(), Map.of());
		assertThat(this.codec.readClient(this.codec.write(client))).isEqualTo(client);
	}

	private Grant readGrant(String record) {
		return this.codec.readGrant(record.getBytes(StandardCharsets.UTF_8), NOW);
	}

}
