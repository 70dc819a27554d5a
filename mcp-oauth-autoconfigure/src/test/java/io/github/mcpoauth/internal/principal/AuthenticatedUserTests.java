// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.principal;

import java.io.File;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import reactor.util.context.Context;

import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.oauth2.core.oidc.OidcIdToken;
import org.springframework.security.oauth2.core.oidc.user.DefaultOidcUser;
import org.springframework.security.oauth2.jwt.Jwt;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests for {@link AuthenticatedUser}.
 */
class AuthenticatedUserTests {

	@ParameterizedTest
	@CsvSource({ "alice, alice", "auth0|1, auth0%7C1", "https://idp.example|1, https://idp.example%7C1", "50%, 50%25",
			"a%7Cb, a%257Cb" })
	void nameWhenUserIsNotOfOpenIdConnectEncodesTheSeparator(String name, String expected) {
		assertThat(name(name)).isEqualTo(expected);
	}

	@Test
	void nameWhenUserIsOfOpenIdConnectIsIssuerAndSubject() {
		Instant now = Instant.now();
		OidcIdToken idToken = new OidcIdToken("value", now, now.plusSeconds(60),
				Map.of("iss", "https://idp.example", "sub", "auth0|1", "email", "alice@example.com"));
		assertThat(name(new DefaultOidcUser(AuthorityUtils.createAuthorityList("ROLE_USER"), idToken, "email")))
			.isEqualTo("https://idp.example|auth0|1");
	}

	@Test
	void nameWhenUserHasAJwtIsIssuerAndSubjectWhereItHasBoth() {
		assertThat(name(jwt(Map.of("iss", "https://idp.example", "sub", "1")))).isEqualTo("https://idp.example|1");
		assertThat(name(jwt(Map.of("iss", "https://other.example", "sub", "1")))).isEqualTo("https://other.example|1");
		assertThat(name(jwt(Map.of("iss", "odd|issuer", "sub", "1")))).isEqualTo("odd%7Cissuer|1");
		assertThat(name(jwt(Map.of("sub", "1")))).doesNotContain("|");
	}

	@Test
	void nameWhenTooLongIsADigest() {
		String first = name(jwt(Map.of("iss", "https://idp.example", "sub", "a".repeat(255))));
		String second = name(jwt(Map.of("iss", "https://idp2.example", "sub", "a".repeat(255))));
		assertThat(first).hasSizeLessThan(256).startsWith("%sha256:").isNotEqualTo(second);
		assertThat(name(first)).as("the name of another user").isNotEqualTo(first);
	}

	@Test
	void nameWhenUserHasNotLoggedInIsAbsent() {
		assertThat(AuthenticatedUser.name(new TestingAuthenticationToken("mallory", "secret"))).isNull();
		assertThat(AuthenticatedUser.name(new TestingAuthenticationToken(" ", "secret", "ROLE_USER"))).isNull();
	}

	@Test
	void userWhenOAuthClassesOfSpringSecurityAreAbsentIsNamed() throws Exception {
		try (URLClassLoader without = without("spring-security-oauth2-")) {
			Class<?> token = without.loadClass(TestingAuthenticationToken.class.getName());
			Object authentication = token.getConstructor(Object.class, Object.class, String[].class)
				.newInstance("alice", "secret", new String[] { "ROLE_USER" });
			assertThat(without.loadClass(AuthenticatedUser.class.getName())
				.getMethod("name", without.loadClass("org.springframework.security.core.Authentication"))
				.invoke(null, authentication)).isEqualTo("alice");
		}
	}

	@Test
	void callerWhenSpringSecurityAndTheMcpSdkAreAbsentHasNoUser() throws Exception {
		try (URLClassLoader without = without("spring-security-", "mcp-core-")) {
			Class<?> context = without.loadClass(Context.class.getName());
			Object empty = context.getMethod("empty").invoke(null);
			Class<?> caller = without.loadClass(CallerContext.class.getName());
			assertThat(caller.getMethod("addTo", context).invoke(null, empty)).isSameAs(empty);
			assertThat((String) caller.getMethod("describe", Thread.class).invoke(null, Thread.currentThread()))
				.contains("has no authenticated user");
		}
	}

	/**
	 * The class path of this test without some of its jars.
	 */
	private static URLClassLoader without(String... prefixes) {
		List<String> missing = Arrays.asList(prefixes);
		URL[] urls = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
			.map(Path::of)
			.filter((path) -> missing.stream().noneMatch(String.valueOf(path.getFileName())::startsWith))
			.map(AuthenticatedUserTests::url)
			.toArray(URL[]::new);
		return new URLClassLoader(urls, ClassLoader.getPlatformClassLoader());
	}

	private static URL url(Path path) {
		try {
			return path.toUri().toURL();
		}
		catch (Exception ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static Jwt jwt(Map<String, Object> claims) {
		return Jwt.withTokenValue("value").header("alg", "RS256").claims((all) -> all.putAll(claims)).build();
	}

	private static String name(Object principal) {
		return String.valueOf(AuthenticatedUser.name(new TestingAuthenticationToken(principal, "secret", "ROLE_USER")));
	}

}
