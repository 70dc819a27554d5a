// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.manager;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.DelegatingTokenStore;
import io.github.mcpoauth.manager.McpOAuthAdministration.Removal.RemovalOutcome;
import io.github.mcpoauth.manager.McpOAuthAdministration.Removal.ServerRemoval;
import io.github.mcpoauth.store.ListingNotSupportedException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests for {@link McpOAuthAdministration}.
 */
class AdministrationTests {

	private static final GrantKey ALICE = GrantKey.of("github", "alice");

	private static final GrantKey BOB = GrantKey.of("github", "bob");

	private static final GrantKey ALICE_ELSEWHERE = GrantKey.of("former", "alice");

	private final ManagerFixture fixture = new ManagerFixture();

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void listWhenServerIsNoLongerConfiguredListsItToo() {
		List.of(ALICE, BOB, ALICE_ELSEWHERE).forEach(this::grant);
		assertThat(listed(GrantQuery.all(10))).containsExactlyInAnyOrder(ALICE, BOB, ALICE_ELSEWHERE);
		assertThat(listed(GrantQuery.all(10).ofServer("github"))).containsExactlyInAnyOrder(ALICE, BOB);
		assertThat(listed(GrantQuery.all(10).ofPrincipal("alice"))).containsExactlyInAnyOrder(ALICE, ALICE_ELSEWHERE);
	}

	@Test
	@DisplayName("Data protection: everything of a person, at servers that are configured and at others")
	void removeWhenPrincipalHasGrantsRevokesAndRemovesAllOfThem() {
		Grant here = grant(ALICE);
		Grant elsewhere = grant(ALICE_ELSEWHERE);
		Grant bobs = grant(BOB);
		Grant own = this.fixture.grant();
		this.fixture.store.bindIssuer(ALICE, "https://issuer.example").block(ManagerFixture.PATIENCE);
		McpOAuthAdministration.Removal removal = remove("alice");
		assertThat(removal.isComplete()).isTrue();
		assertThat(outcomes(removal))
			.isEqualTo(Map.of("github", RemovalOutcome.REVOKED, "former", RemovalOutcome.REVOKED));
		List.of(here, elsewhere).forEach((grant) -> assertThat(isUsable(grant)).isFalse());
		List.of(bobs, own).forEach((grant) -> assertThat(isUsable(grant)).isTrue());
		assertThat(listed(GrantQuery.all(10))).containsExactly(BOB);
		assertThat(this.fixture.store.get(this.fixture.key)).isEqualTo(own);
		assertThat(this.fixture.store.getClient(this.fixture.key)).isNotNull();
		assertThat(this.fixture.store.loadIssuer(ALICE).block(ManagerFixture.PATIENCE))
			.isEqualTo("https://issuer.example");
		assertThat(this.fixture.manager.servers()).hasSize(1);
		assertThat(remove("alice").servers()).as("the second time").isEmpty();
	}

	@Test
	void removeWhenRevocationFailsAtOneServerRemovesAllTheSameAndSaysWhere() {
		grant(ALICE);
		this.fixture.store.put(ALICE_ELSEWHERE,
				this.fixture.authorizationServer.issue("client-1", "http://127.0.0.1:1/mcp", "read")
					.mutate()
					.issuer("http://127.0.0.1:1")
					.build());
		McpOAuthAdministration.Removal removal = remove("alice");
		assertThat(removal.isComplete()).isTrue();
		assertThat(outcomes(removal))
			.isEqualTo(Map.of("github", RemovalOutcome.REVOKED, "former", RemovalOutcome.NOT_REVOKED));
		assertThat(of(removal, "former").reason()).contains("did not confirm");
		assertThat(listed(GrantQuery.all(10))).isEmpty();
	}

	@Test
	void removeWhenARecordCannotBeReadRemovesIt() {
		grant(ALICE);
		this.fixture.store.corrupt(ALICE);
		grant(BOB);
		grant(ALICE_ELSEWHERE);
		this.fixture.store.failLoads(ALICE_ELSEWHERE,
				new TokenStoreException("former", "sealed with another key", null));
		McpOAuthAdministration.Removal removal = remove("alice");
		assertThat(outcomes(removal))
			.isEqualTo(Map.of("github", RemovalOutcome.NOT_REVOKED, "former", RemovalOutcome.NOT_REVOKED));
		assertThat(of(removal, "former").reason()).contains("sealed with another key");
		assertThat(listed(GrantQuery.all(10))).containsExactly(BOB);
	}

	@Test
	void removeWhenOnlyAClientIsLeftSaysThatThereWasNoGrant() {
		grant(ALICE);
		this.fixture.store.put(ALICE, null);
		assertThat(outcomes(remove("alice"))).isEqualTo(Map.of("github", RemovalOutcome.NO_GRANT));
		assertThat(this.fixture.store.getClient(ALICE)).isNull();
	}

	@Test
	void removeWhenALoginIsPendingCancelsIt() {
		Login alices = login(ALICE);
		Login bobs = login(BOB);
		assertThat(remove("alice").isComplete()).isTrue();
		assertThat(this.fixture.manager.provider(ALICE).currentLogin()).isNull();
		assertThat(this.fixture.manager.provider(BOB).currentLogin()).isEqualTo(bobs).isNotEqualTo(alices);
	}

	@Test
	void removeWhenStoreCannotListLooksAtTheConfiguredServersAndSaysSo() {
		Grant grant = grant(ALICE);
		try (McpOAuthManager manager = manager(new UnlistedStore(this.fixture))) {
			McpOAuthAdministration.Removal removal = remove(manager, "alice");
			assertThat(outcomes(removal)).isEqualTo(Map.of("github", RemovalOutcome.REVOKED));
			assertThat(removal.isComplete()).isFalse();
			assertThat(removal.incomplete()).contains("not configured may be left", "cannot list");
			assertThat(this.fixture.store.get(ALICE)).isNull();
			assertThat(isUsable(grant)).isFalse();
		}
	}

	@Test
	void removeWhenOneRecordCannotBeRemovedGoesOnWithTheOthers() {
		grant(ALICE);
		grant(ALICE_ELSEWHERE);
		try (McpOAuthManager manager = manager(new UnremovableStore(this.fixture))) {
			McpOAuthAdministration.Removal removal = remove(manager, "alice");
			assertThat(outcomes(removal))
				.isEqualTo(Map.of("github", RemovalOutcome.FAILED, "former", RemovalOutcome.REVOKED));
			assertThat(of(removal, "github").reason()).contains("disk is full");
			assertThat(removal.isComplete()).isFalse();
			assertThat(listed(GrantQuery.all(10))).containsExactly(ALICE);
		}
	}

	@Test
	void removeWhenNameCannotBeAPrincipalsIsRefused() {
		assertThatIllegalArgumentException().isThrownBy(() -> remove(" ")).withMessageContaining("'principal'");
	}

	/**
	 * A grant as after a login, with a copy of the client beside it.
	 */
	private Grant grant(GrantKey key) {
		Grant grant = this.fixture.grant(key);
		this.fixture.store.saveClient(key, Objects.requireNonNull(this.fixture.store.getClient(this.fixture.key)))
			.block(ManagerFixture.PATIENCE);
		return grant;
	}

	private McpOAuthManager manager(DelegatingTokenStore store) {
		return McpOAuthManager.builder()
			.server(McpServer.of("github", this.fixture.url()))
			.store(store)
			.browser((url) -> false)
			.build();
	}

	private Login login(GrantKey key) {
		return Objects.requireNonNull(
				this.fixture.manager.provider(key).login(LoginRequest.withoutBrowser()).block(ManagerFixture.PATIENCE));
	}

	private boolean isUsable(Grant grant) {
		return this.fixture.authorizationServer.isActive(grant.accessToken().reveal())
				&& this.fixture.authorizationServer
					.isRefreshable(Objects.requireNonNull(grant.refreshToken()).reveal());
	}

	private List<GrantKey> listed(GrantQuery query) {
		GrantQuery.Page page = this.fixture.manager.administration().list(query).block(ManagerFixture.PATIENCE);
		return Objects.requireNonNull(page).entries().stream().map(GrantQuery.Entry::key).toList();
	}

	private McpOAuthAdministration.Removal remove(String principal) {
		return remove(this.fixture.manager, principal);
	}

	private static McpOAuthAdministration.Removal remove(McpOAuthManager manager, String principal) {
		return Objects.requireNonNull(manager.administration().remove(principal).block(ManagerFixture.PATIENCE));
	}

	private static ServerRemoval of(McpOAuthAdministration.Removal removal, String server) {
		return removal.servers().stream().filter((one) -> one.server().equals(server)).findFirst().orElseThrow();
	}

	private static Map<String, RemovalOutcome> outcomes(McpOAuthAdministration.Removal removal) {
		return removal.servers().stream().collect(Collectors.toMap(ServerRemoval::server, ServerRemoval::outcome));
	}

	/**
	 * A store whose author did not implement the listing.
	 */
	private static final class UnlistedStore extends DelegatingTokenStore {

		UnlistedStore(ManagerFixture fixture) {
			super(fixture.store);
		}

		@Override
		public Mono<GrantQuery.Page> list(GrantQuery query) {
			return Mono.error(new ListingNotSupportedException("This store cannot list"));
		}

	}

	/**
	 * A store that cannot remove one record.
	 */
	private static final class UnremovableStore extends DelegatingTokenStore {

		UnremovableStore(ManagerFixture fixture) {
			super(fixture.store);
		}

		@Override
		public Mono<Void> purge(GrantKey key) {
			return key.equals(ALICE) ? Mono.error(new TokenStoreException(key.server(), "The disk is full", null))
					: super.purge(key);
		}

	}

}
