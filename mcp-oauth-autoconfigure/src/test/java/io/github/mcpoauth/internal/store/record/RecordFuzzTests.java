// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.record;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jspecify.annotations.Nullable;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Whatever is in a file: a value comes out, or a named error without the content.
 */
class RecordFuzzTests {

	private static final Instant MODIFIED = Instant.parse("2030-01-02T03:04:05Z");

	private static final byte[] RECORD = GrantDocument.render(Grant.with(Secret.of("access"))
		.refreshToken(Secret.of("refresh"))
		.dpopKey(Secret.of("{\"kty\":\"EC\"}"))
		.issuedAt(MODIFIED)
		.expiresAt(MODIFIED.plusMillis(3600500))
		.issuer("https://as.example.com")
		.generation(3)
		.additional(Map.of("extra", List.of(1, Map.of("a", true))))
		.build());

	@Property(tries = 3000)
	void parseWhenBytesAreAnyIsAValueOrANamedError(@ForAll byte[] content) {
		parse(content);
	}

	@Property(tries = 3000)
	void parseWhenRecordIsDamagedIsAValueOrANamedError(@ForAll("damaged") byte[] content) {
		parse(content);
	}

	@Property(tries = 3000)
	void parseWhenMembersAreAnyIsAValueOrANamedErrorWithoutThem(
			@ForAll("members") Map<String, @Nullable Object> members) {
		byte[] content = JsonMembers.render(members);
		Grant grant = parse(content);
		if (grant != null) {
			Grant again = Objects.requireNonNull(parse(GrantDocument.render(grant.mutate().generation(1).build())));
			assertThat(again.hasTokensOf(grant)).isTrue();
			assertThat(again.expiresAt()).isEqualTo(grant.expiresAt());
			assertThat(again.scope()).isEqualTo(grant.scope());
			assertThat(again.issuer()).isEqualTo(grant.issuer());
			assertThat(again.additional()).isEqualTo(grant.additional());
		}
	}

	@Example
	void renderWhenTheForeignIssuerIsEmptyKeepsIt() {
		byte[] content = "{\"access_token\":\"a\",\"issuer\":\"https://as.example.com\",\"hermes_issuer\":\"\"}"
			.getBytes(StandardCharsets.UTF_8);
		Grant grant = Objects.requireNonNull(parse(content));
		Grant again = Objects.requireNonNull(parse(GrantDocument.render(grant)));
		assertThat(again.additional()).isEqualTo(grant.additional());
	}

	@Property(tries = 1000)
	void parseWhenDocumentIsAnotherOneIsAValueOrANamedError(@ForAll("members") Map<String, @Nullable Object> members)
			throws MalformedRecordException {
		byte[] content = JsonMembers.render(members);
		expect(content, ClientDocument::parse);
		assertThat(JsonMembers.parse(content).rest()).isNotNull();
	}

	@Provide
	Arbitrary<byte[]> damaged() {
		Arbitrary<Integer> place = Arbitraries.integers().between(0, RECORD.length - 1);
		Arbitrary<byte[]> cut = place.map((length) -> Arrays.copyOf(RECORD, length));
		Arbitrary<byte[]> flipped = Combinators.combine(place, Arbitraries.bytes()).as((index, value) -> {
			byte[] content = RECORD.clone();
			content[index] = value;
			return content;
		});
		Arbitrary<byte[]> zeroed = place.map((index) -> {
			byte[] content = RECORD.clone();
			Arrays.fill(content, index, content.length, (byte) 0);
			return content;
		});
		Arbitrary<byte[]> wide = Arbitraries
			.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE, StandardCharsets.UTF_16BE,
					StandardCharsets.ISO_8859_1)
			.map((charset) -> ("\uFEFF" + new String(RECORD, StandardCharsets.UTF_8)).getBytes(charset));
		Arbitrary<byte[]> deep = Arbitraries.integers()
			.between(1, 5000)
			.map((depth) -> ("{\"access_token\":\"a\",\"x\":" + "[".repeat(depth) + "]".repeat(depth) + "}")
				.getBytes(StandardCharsets.UTF_8));
		Arbitrary<byte[]> large = Arbitraries.of("expires_at", "expires_in", "generation", "x", "issued_at")
			.flatMap((name) -> Arbitraries
				.of("1e9999", "-1e9999", "1e-9999", "9".repeat(900), "9".repeat(2000), "1e2147483647", "-1e-2147483648",
						"1e999999999999")
				.map((number) -> "{\"access_token\":\"a\",\"%s\":%s}".formatted(name, number)
					.getBytes(StandardCharsets.UTF_8)));
		return Arbitraries.oneOf(cut, flipped, zeroed, wide, deep, large);
	}

	@Provide
	Arbitrary<Map<String, @Nullable Object>> members() {
		Arbitrary<String> names = Arbitraries.oneOf(
				Arbitraries.of("access_token", "token_type", "refresh_token", "expires_in", "expires_at", "issued_at",
						"scope", "issuer", "hermes_issuer", "resource", "resource_refused", "client_id",
						"token_endpoint", "generation", "redirect_uris", "client_secret", "client_secret_expires_at"),
				Arbitraries.strings().ofMaxLength(5));
		Arbitrary<@Nullable Object> values = Arbitraries.oneOf(Arbitraries.strings().ofMaxLength(10).asGeneric(),
				Arbitraries.strings().ascii().ofMinLength(1).ofMaxLength(10).asGeneric(),
				Arbitraries.longs().asGeneric(), Arbitraries.longs().between(0, 4_000_000_000L).asGeneric(),
				Arbitraries.bigDecimals().asGeneric(), Arbitraries.of(true, false).asGeneric(),
				Arbitraries.strings().ofMaxLength(3).list().ofMaxSize(3).asGeneric(),
				Arbitraries.maps(Arbitraries.strings().ofMaxLength(3), Arbitraries.integers()).ofMaxSize(2).asGeneric())
			.injectNull(0.05);
		return Arbitraries.maps(names, values).ofMaxSize(12);
	}

	private static @Nullable Grant parse(byte[] content) {
		GrantDocument document = expect(content, (bytes) -> GrantDocument.parse(bytes, MODIFIED));
		return (document != null)
				? document.completed(document.grant(), null, Map.of("issuer", "https://as.example.com")) : null;
	}

	private static <T> @Nullable T expect(byte[] content, Format<T> format) {
		try {
			return format.parse(content);
		}
		catch (MalformedRecordException ex) {
			assertThat(ex).hasNoCause();
			assertThat(ex.getMessage()).matches("(?s)(is|has) [ -~]{1,120}");
			return null;
		}
	}

	/**
	 * How to understand content.
	 *
	 * @param <T> the type of content
	 */
	private interface Format<T> {

		T parse(byte[] content) throws MalformedRecordException;

	}

}
