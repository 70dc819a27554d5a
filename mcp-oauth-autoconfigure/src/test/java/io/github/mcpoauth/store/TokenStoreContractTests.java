// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.store;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.store.GrantLessons.LearnedChallenge;
import io.github.mcpoauth.store.GrantLessons.Refusals;
import io.github.mcpoauth.store.GrantLessons.RefusedToken;
import io.github.mcpoauth.store.SpendingResult.Noted;
import io.github.mcpoauth.store.SpendingResult.Pending;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The contract of {@link TokenStore}. Extend it to prove an implementation: two instances
 * over the same records stand for two processes.
 */
public abstract class TokenStoreContractTests {

	/**
	 * How long to wait for what must happen.
	 */
	protected static final Duration PATIENCE = Duration.ofSeconds(30);

	/**
	 * The key that most tests are about.
	 */
	protected static final GrantKey KEY = GrantKey.of("linear");

	private static final Duration LIFETIME = Duration.ofHours(1);

	private static final GrantKey OTHER_KEY = GrantKey.of("github");

	private static final SpendingNote NOTE = new SpendingNote("0123456789abcdef", "this-process");

	private static final SpendingNote OTHER_NOTE = new SpendingNote("0123456789abcdef", "other-process");

	/**
	 * Names that some file systems, collations or encodings take for the same, or for
	 * something else than a name.
	 */
	private static final List<String> PRINCIPALS = List.of("alice", "Alice", "alice ", "al", "al/ice", "../alice", "..",
			".", "alice.json", "C:\\alice", "con", "~alice", "{alice}", "alice:changed", "*", "%", "'; --", "\u00e9",
			"e\u0301", "\ud83d\ude00", "a".repeat(256), "a".repeat(255) + "b", "A".repeat(256));

	/**
	 * The store under test.
	 */
	protected TokenStore store;

	/**
	 * Another instance over the same records.
	 */
	protected TokenStore other;

	/**
	 * Create a store. All that are created during one test share their records, and no
	 * two tests do.
	 * @return a new instance
	 * @throws Exception if there is none
	 */
	protected abstract TokenStore createStore() throws Exception;

	/**
	 * Overwrite a record behind the back of all stores with something that is no record.
	 * @param key the grant
	 * @throws Exception if that is impossible
	 */
	protected abstract void damage(GrantKey key) throws Exception;

	/**
	 * Whether another program, or a disk, can damage a record.
	 * @return {@code true}, unless the records are objects in the memory of this process
	 */
	protected boolean isDamageable() {
		return true;
	}

	/**
	 * Whether the store implements {@link TokenStore#list}.
	 * @return {@code false} for a store that answers {@link ListingNotSupportedException}
	 */
	protected boolean isListable() {
		return true;
	}

	@BeforeEach
	void createStores() throws Exception {
		this.store = createStore();
		this.other = createStore();
	}

	@AfterEach
	void closeStores() throws Exception {
		for (TokenStore created : List.of(this.store, this.other)) {
			if (created instanceof AutoCloseable closeable) {
				closeable.close();
			}
		}
	}

	@Test
	@DisplayName("Principals: each has a record, a client, a note and a lock of their own")
	void everythingWhenPrincipalsDifferIsKeptApart() {
		List<GrantKey> keys = new ArrayList<>(List.of(KEY, OTHER_KEY, GrantKey.of("github", "alice")));
		PRINCIPALS.forEach((principal) -> keys.add(GrantKey.of("linear", principal)));
		for (int index = 0; index < keys.size(); index++) {
			GrantKey key = keys.get(index);
			Grant grant = grant("of-" + index, index + 1);
			SpendingNote note = new SpendingNote("fingerprint-" + index, "owner");
			get(this.store.locked(key, PATIENCE,
					this.store.save(key, grant, null)
						.then(this.store.saveClient(key, client("client-" + index)))
						.then(this.store.noteSpending(key, grant, note, Duration.ZERO))));
		}
		for (int index = 0; index < keys.size(); index++) {
			GrantKey key = keys.get(index);
			SpendingNote note = new SpendingNote("fingerprint-" + index, "owner");
			Grant grant = grant("of-" + index, index + 1);
			assertThat(get(this.other.load(key)).grant()).as("%s", key).isEqualTo(grant);
			assertThat(get(this.other.loadClient(key)).clientId()).as("%s", key).isEqualTo("client-" + index);
			assertThat(note(this.other, key, grant, note)).as("%s", key).isEqualTo(new Noted(true));
		}
		assertThat(keys.stream().map(this.store::location)).doesNotHaveDuplicates();
	}

	@Test
	@DisplayName("Principals: a change to one affects neither another nor the application")
	void deleteWhenPrincipalsDifferLeavesTheOthersAlone() {
		GrantKey alice = GrantKey.of("linear", "alice");
		GrantKey bob = GrantKey.of("linear", "bob");
		List<GrantKey> keys = List.of(KEY, alice, bob);
		keys.forEach((key) -> get(save(this.store, key, grant("of-" + key, 1), null)));
		List<StoredGrant> read = keys.stream().map((key) -> get(this.other.load(key))).toList();
		this.store.delete(alice).block(PATIENCE);
		this.store.purge(KEY).block(PATIENCE);
		this.store.forget(bob);
		assertThat(get(this.other.load(alice)).grant()).isNull();
		assertThat(get(this.other.load(KEY)).grant()).isNull();
		assertThat(get(this.other.load(bob)).grant()).isEqualTo(read.get(2).grant());
		assertThat(get(this.store.load(bob)).grant()).isEqualTo(read.get(2).grant());
	}

	@Test
	@DisplayName("Principals: no principal waits for another's lock")
	void lockedWhenPrincipalsDifferDoesNotWait() {
		GrantKey alice = GrantKey.of("linear", "alice");
		GrantKey bob = GrantKey.of("linear", "bob");
		Mono<String> inside = this.other.locked(bob, PATIENCE, this.other.locked(KEY, PATIENCE, Mono.just("inside")));
		assertThat(get(this.store.locked(alice, PATIENCE, inside))).isEqualTo("inside");
	}

	@Test
	@DisplayName("Listing: each key of a principal once, over any number of pages, and none of the application's own")
	void listWhenPrincipalsAreManyAnswersEachKeyOnce() {
		if (refusesToList()) {
			return;
		}
		List<GrantKey> keys = new ArrayList<>();
		PRINCIPALS.forEach((principal) -> keys.add(GrantKey.of("linear", principal)));
		keys.addAll(List.of(GrantKey.of("github", "alice"), GrantKey.of("my/server 2", "alice"),
				GrantKey.of("s".repeat(120), "a".repeat(200)), GrantKey.of("lin", "alice")));
		keys.forEach((key) -> get(save(this.store, key, grant("of-" + key.server(), 1), null)));
		get(save(this.store, KEY, grant("own", 1), null));
		run(this.store.saveClient(OTHER_KEY, client("own")));
		for (int limit : List.of(1, 2, 7, 1000)) {
			assertThat(listed(this.other, GrantQuery.all(limit))).extracting(GrantQuery.Entry::key)
				.as("pages of %d", limit)
				.containsExactlyInAnyOrderElementsOf(keys);
		}
		assertThat(listed(this.other, GrantQuery.all(5))).allMatch(GrantQuery.Entry::hasGrant);
	}

	@Test
	void listWhenServerIsNamedAnswersItsPrincipalsOnly() {
		if (refusesToList()) {
			return;
		}
		List<String> servers = List.of("linear", "linear-2", "linea", "linear.x", "linear x", "linear:8");
		servers.stream()
			.filter((server) -> !server.equals("linear.x"))
			.forEach((server) -> List.of("alice", "b".repeat(255), "Zo\u00eb")
				.forEach((principal) -> get(save(this.store, GrantKey.of(server, principal), grant("g", 1), null))));
		assertThat(listed(this.other, GrantQuery.all(2).ofServer("linear"))).extracting(GrantQuery.Entry::key)
			.containsExactlyInAnyOrder(GrantKey.of("linear", "alice"), GrantKey.of("linear", "b".repeat(255)),
					GrantKey.of("linear", "Zo\u00eb"));
		assertThat(listed(this.other, GrantQuery.all(2).ofServer("linear x"))).hasSize(3);
		assertThat(listed(this.other, GrantQuery.all(2).ofServer("linear.x"))).isEmpty();
	}

	@Test
	void listWhenPrincipalIsNamedAnswersItsServersOnly() {
		if (refusesToList()) {
			return;
		}
		for (String principal : List.of("alice", "Alice", "al", "alice2", "c".repeat(256))) {
			for (String server : List.of("linear", "github", "my/server", "github-2")) {
				get(save(this.store, GrantKey.of(server, principal), grant("g", 1), null));
			}
		}
		get(save(this.store, KEY, grant("own", 1), null));
		for (int limit : List.of(1, 3, 100)) {
			assertThat(listed(this.other, GrantQuery.all(limit).ofPrincipal("alice"))).extracting(GrantQuery.Entry::key)
				.containsExactlyInAnyOrder(GrantKey.of("linear", "alice"), GrantKey.of("github", "alice"),
						GrantKey.of("my/server", "alice"), GrantKey.of("github-2", "alice"));
			assertThat(listed(this.other, GrantQuery.all(limit).ofPrincipal("c".repeat(256)))).hasSize(4);
		}
		assertThat(listed(this.other, GrantQuery.all(9).ofPrincipal("alice").ofServer("github")))
			.containsExactly(new GrantQuery.Entry(GrantKey.of("github", "alice"), true));
		assertThat(listed(this.other, GrantQuery.all(9).ofPrincipal("carol"))).isEmpty();
		assertThat(listed(this.other, GrantQuery.all(9).ofPrincipal("alice").ofServer("gitlab"))).isEmpty();
	}

	@Test
	@DisplayName("Listing: what a logout leaves is listed, without a grant, until it is purged")
	void listWhenGrantWasDeletedAnswersTheRestUntilPurged() {
		if (refusesToList()) {
			return;
		}
		GrantKey alice = GrantKey.of("linear", "alice");
		GrantKey longest = GrantKey.of("linear", "d".repeat(256));
		for (GrantKey key : List.of(alice, longest)) {
			get(save(this.store, key, grant("g", 1), null));
			run(this.store.saveClient(key, client("of-user")));
			run(this.store.delete(key));
			assertThat(listed(this.other, GrantQuery.all(1))).containsExactly(new GrantQuery.Entry(key, false));
			assertThat(listed(this.other, GrantQuery.all(1).ofPrincipal(String.valueOf(key.principal()))))
				.containsExactly(new GrantQuery.Entry(key, false));
			run(this.store.locked(key, PATIENCE, this.store.purge(key)));
			assertThat(listed(this.other, GrantQuery.all(1))).isEmpty();
			assertThat(listed(this.other, GrantQuery.all(1).ofPrincipal(String.valueOf(key.principal())))).isEmpty();
		}
	}

	@Test
	@DisplayName("Listing: a principal who only has a login under way is found, so that it can be removed")
	void listWhenOnlyALoginIsUnderWayFindsItsPrincipal() {
		if (!keepsLogins() || refusesToList()) {
			return;
		}
		GrantKey alice = GrantKey.of("linear", "alice");
		assertThat(get(logins(this.store).replace(alice, null, "pending", LIFETIME))).isTrue();
		assertThat(get(logins(this.store).key(null, "key"))).isNotNull();
		assertThat(listed(this.other, GrantQuery.all(10).ofPrincipal("alice")))
			.containsExactly(new GrantQuery.Entry(alice, false));
		run(this.store.purge(alice));
		assertThat(listed(this.other, GrantQuery.all(10).ofPrincipal("alice"))).isEmpty();
		assertThat(listed(this.other, GrantQuery.all(10))).isEmpty();
	}

	@Test
	void listWhenRecordsComeAndGoAnswersThoseThatStay() {
		if (refusesToList()) {
			return;
		}
		List<GrantKey> staying = new ArrayList<>();
		for (int index = 0; index < 10; index++) {
			staying.add(GrantKey.of("linear", "stays-" + index));
			get(save(this.store, staying.get(index), grant("g", 1), null));
			get(save(this.store, GrantKey.of("linear", "goes-" + index), grant("g", 1), null));
		}
		Set<GrantKey> found = new LinkedHashSet<>();
		GrantQuery query = GrantQuery.all(2);
		for (int pages = 0; query != null; pages++) {
			GrantQuery.Page page = get(this.other.list(query));
			page.entries().forEach((entry) -> found.add(entry.key()));
			run(this.store.purge(GrantKey.of("linear", "goes-" + pages % 10)));
			get(save(this.store, GrantKey.of("linear", "comes-" + pages), grant("g", 1), null));
			query = (page.next() != null && pages < 100) ? query.after(page.next()) : null;
		}
		assertThat(found).containsAll(staying);
	}

	@Test
	void forgetWhenSomethingIsBeingDoneChangesNothing() {
		GrantKey alice = GrantKey.of("linear", "alice");
		Grant first = Objects.requireNonNull(get(save(this.store, alice, grant("first", 1), null)).grant());
		Mono<StoredGrant> work = Mono.fromRunnable(() -> this.store.forget(alice))
			.then(this.store.save(alice, grant("second", 2), first));
		get(this.store.locked(alice, PATIENCE, work));
		this.store.forget(alice);
		StoredGrant stored = get(this.store.load(alice));
		assertThat(stored.grant()).isEqualTo(grant("second", 2));
		get(save(this.store, alice, grant("third", 3), stored.grant()));
	}

	@Test
	@DisplayName("Seed: a missing record is not an error")
	void loadWhenThereIsNoRecordAnswersNoGrant() {
		StoredGrant stored = get(this.store.load(KEY));
		assertThat(stored.grant()).isNull();
		assertThat(this.store.isCurrent(KEY, stored.stamp())).isTrue();
	}

	@Test
	void saveWhenThereIsNoRecordStoresAllOfTheGrant() {
		Grant grant = grant("first", 1);
		StoredGrant saved = get(save(this.store, KEY, grant, null));
		assertThat(saved.grant()).isEqualTo(grant);
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(grant);
		assertThat(get(this.other.load(KEY)).grant()).isEqualTo(grant);
	}

	@Test
	void saveWhenGrantIsMinimalStoresItAsItIs() {
		Grant grant = Grant.with(Secret.of("only-an-access-token")).generation(1).build();
		get(save(this.store, KEY, grant, null));
		assertThat(get(this.other.load(KEY)).grant()).isEqualTo(grant);
	}

	@Test
	void saveWhenRecordIsTheOneThatWasReadReplacesIt() {
		Grant first = saved(grant("first", 1), null);
		Grant read = get(this.other.load(KEY)).grant();
		Grant second = grant("second", 2);
		get(save(this.other, KEY, second, read));
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(second).isNotEqualTo(first);
	}

	@Test
	void saveWhenNewGrantHasFewerMembersKeepsNoneOfTheOld() {
		Grant first = saved(grant("first", 1), null);
		Grant second = Grant.with(Secret.of("second")).generation(2).build();
		saved(second, first);
		assertThat(get(this.other.load(KEY)).grant()).isEqualTo(second);
	}

	@Test
	void saveWhenNotSubscribedToWritesNothing() {
		Mono<StoredGrant> save = this.store.save(KEY, grant("first", 1), null);
		assertThat(get(this.store.load(KEY)).grant()).isNull();
		get(this.store.locked(KEY, PATIENCE, save));
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(grant("first", 1));
	}

	@Test
	void saveWhenRecordAppearedFails() {
		Grant first = saved(grant("first", 1), null);
		assertConflict(save(this.other, KEY, grant("second", 1), null));
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(first);
	}

	@Test
	void saveWhenTokensAreOthersThanReadFails() {
		Grant first = saved(grant("first", 1), null);
		assertConflict(save(this.other, KEY, grant("second", 2), grant("never-stored", 1)));
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(first);
	}

	@Test
	void saveWhenGenerationIsAnotherThanReadFails() {
		Grant second = saved(grant("same", 2), saved(grant("same", 1), null));
		assertConflict(save(this.other, KEY, grant("late", 3), grant("same", 1)));
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(second);
	}

	@Test
	@DisplayName("Law 14, F30: a removed record stays removed, a late writer loses")
	void saveWhenRecordWasDeletedFails() {
		Grant first = saved(grant("first", 1), null);
		run(this.other.delete(KEY));
		assertConflict(save(this.store, KEY, grant("late", 2), first));
		assertThat(get(this.store.load(KEY)).grant()).isNull();
	}

	@Test
	@DisplayName("Law 14: a late writer loses against the login that came after a removal")
	void saveWhenRecordWasDeletedAndCreatedAgainFails() {
		Grant first = saved(grant("first", 1), null);
		run(this.other.purge(KEY));
		Grant login = grant("login", 1);
		get(save(this.other, KEY, login, null));
		assertConflict(save(this.store, KEY, grant("late", 2), first));
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(login);
	}

	@Test
	void saveWhenManyWritersReadTheSameRecordLetsOneWin() {
		Grant first = saved(grant("first", 1), null);
		List<Boolean> won = Flux.range(0, 12).flatMap((index) -> Mono.defer(() -> {
			TokenStore writer = (index % 2 == 0) ? this.store : this.other;
			return save(writer, KEY, grant("writer-" + index, 2), first).thenReturn(true)
				.onErrorReturn(GrantConflictException.class, false);
		}).subscribeOn(Schedulers.boundedElastic()), 12).collectList().block(PATIENCE);
		assertThat(won).filteredOn(Boolean::booleanValue).hasSize(1);
	}

	@Test
	void isCurrentWhenNothingHappenedBecomesTrueAndStaysSo() {
		saved(grant("first", 1), null);
		StoredGrant settled = settled(this.store);
		assertThat(settled.grant()).isEqualTo(grant("first", 1));
		for (int i = 0; i < 100; i++) {
			assertThat(this.store.isCurrent(KEY, settled.stamp())).isTrue();
		}
	}

	@Test
	@DisplayName("Seed: what another process writes is seen without a restart")
	void isCurrentWhenAnotherInstanceSavedIsFalse() {
		Grant first = saved(grant("first", 1), null);
		StoredGrant settled = settled(this.store);
		Grant second = grant("second", 2);
		get(save(this.other, KEY, second, first));
		awaitChange(this.store, settled.stamp());
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(second);
	}

	@Test
	void isCurrentWhenAnotherInstanceCreatedTheRecordIsFalse() {
		StoredGrant absent = get(this.store.load(KEY));
		get(save(this.other, KEY, grant("first", 1), null));
		awaitChange(this.store, absent.stamp());
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(grant("first", 1));
	}

	@Test
	void isCurrentWhenAnotherInstanceDeletedTheRecordIsFalse() {
		saved(grant("first", 1), null);
		StoredGrant settled = settled(this.store);
		run(this.other.delete(KEY));
		awaitChange(this.store, settled.stamp());
		assertThat(get(this.store.load(KEY)).grant()).isNull();
	}

	@Test
	void isCurrentWhenThisInstanceWroteSinceIsFalse() {
		Grant first = saved(grant("first", 1), null);
		StoredGrant settled = settled(this.store);
		saved(grant("second", 2), first);
		assertThat(this.store.isCurrent(KEY, settled.stamp())).isFalse();
	}

	@Test
	void isCurrentWhenStampIsNotOfThisStoreIsFalse() {
		assertThat(this.store.isCurrent(KEY, new RecordStamp() {
		})).isFalse();
	}

	@Test
	void deleteWhenThereIsNothingCompletes() {
		run(this.store.delete(KEY));
		run(this.store.purge(KEY));
		run(this.store.deleteClient(KEY));
		run(this.store.withdrawSpending(KEY, "owner"));
	}

	@Test
	void deleteKeepsTheClientAndPurgeDoesNot() {
		get(save(this.store, grant("first", 1), null, "https://as.example.com"));
		run(this.store.saveClient(KEY, client("client-1")));
		run(this.store.delete(KEY));
		assertThat(get(this.other.load(KEY)).grant()).isNull();
		assertThat(this.other.loadClient(KEY).block(PATIENCE)).isEqualTo(client("client-1"));
		run(this.store.purge(KEY));
		assertThat(this.other.loadClient(KEY).block(PATIENCE)).isNull();
		assertThat(this.other.loadMetadata(KEY).block(PATIENCE)).isNull();
	}

	@Test
	void deleteWhenNotSubscribedToRemovesNothing() {
		saved(grant("first", 1), null);
		this.store.delete(KEY);
		this.store.purge(KEY);
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(grant("first", 1));
	}

	@Test
	void deleteWhenThereAreOtherRecordsLeavesThemAlone() {
		saved(grant("first", 1), null);
		get(save(this.store, OTHER_KEY, grant("another", 1), null));
		run(this.store.purge(KEY));
		assertThat(get(this.store.load(OTHER_KEY)).grant()).isEqualTo(grant("another", 1));
	}

	@Test
	@DisplayName("F11: a corrupt record is a named error, and not of other servers")
	void loadWhenRecordIsDamagedFailsForThatRecordOnly() throws Exception {
		saved(grant("first", 1), null);
		get(save(this.store, OTHER_KEY, grant("another", 1), null));
		if (isDamageable()) {
			damage(KEY);
			assertThatExceptionOfType(CorruptRecordException.class).isThrownBy(() -> get(this.store.load(KEY)))
				.satisfies((ex) -> assertThat(ex.getServer()).isEqualTo(KEY.server()));
		}
		assertThat(get(this.store.load(OTHER_KEY)).grant()).isEqualTo(grant("another", 1));
	}

	@Test
	@DisplayName("F11: a login replaces a corrupt record")
	void saveWhenRecordIsDamagedReplacesIt() throws Exception {
		Grant first = saved(grant("first", 1), null);
		if (isDamageable()) {
			damage(KEY);
		}
		saved(grant("login", 2), isDamageable() ? null : first);
		assertThat(get(this.other.load(KEY)).grant()).isEqualTo(grant("login", 2));
	}

	@Test
	void loadClientWhenThereIsNoneIsEmpty() {
		assertThat(this.store.loadClient(KEY).block(PATIENCE)).isNull();
	}

	@Test
	void saveClientStoresAllOfTheClient() {
		run(this.store.saveClient(KEY, client("client-1")));
		assertThat(this.other.loadClient(KEY).block(PATIENCE)).isEqualTo(client("client-1"));
		OAuthClient minimal = OAuthClient.with("client-2", OAuthClient.Origin.REGISTERED).build();
		run(this.other.saveClient(KEY, minimal));
		assertThat(this.store.loadClient(KEY).block(PATIENCE)).isEqualTo(minimal);
		assertThat(this.store.loadClient(OTHER_KEY).block(PATIENCE)).isNull();
	}

	@Test
	void saveClientWhenItIsAMetadataDocumentKeepsItsOrigin() {
		OAuthClient document = OAuthClient
			.with("https://app.example.com/client.json", OAuthClient.Origin.METADATA_DOCUMENT)
			.authMethod("none")
			.issuer("https://as.example.com")
			.build();
		run(this.store.saveClient(KEY, document));
		assertThat(this.other.loadClient(KEY).block(PATIENCE)).isEqualTo(document);
	}

	@Test
	void deleteClientRemovesTheClientAndKeepsTheGrant() {
		saved(grant("first", 1), null);
		run(this.store.saveClient(KEY, client("client-1")));
		run(this.store.deleteClient(KEY));
		assertThat(this.other.loadClient(KEY).block(PATIENCE)).isNull();
		assertThat(get(this.other.load(KEY)).grant()).isEqualTo(grant("first", 1));
	}

	@Test
	void saveWhenMetadataIsGivenStoresTheDocument() {
		assertThat(this.store.loadMetadata(KEY).block(PATIENCE)).isNull();
		get(save(this.store, grant("first", 1), null, "https://as.example.com"));
		assertThat(this.other.loadMetadata(KEY).block(PATIENCE)).isEqualTo(metadata("https://as.example.com"));
		get(save(this.other, grant("second", 2), grant("first", 1), "https://other.example.com"));
		assertThat(this.store.loadMetadata(KEY).block(PATIENCE)).isEqualTo(metadata("https://other.example.com"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "../../etc/passwd", "..", "a/b\\c", "with space", "Zürich", "semi;colon'quote\"",
			"https://mcp.example.com/mcp", "%s%n" })
	void saveWhenNameIsOddStoresUnderIt(String server) {
		GrantKey odd = GrantKey.of(server);
		get(save(this.store, odd, grant("odd", 1), null));
		assertThat(get(this.other.load(odd)).grant()).isEqualTo(grant("odd", 1));
		assertThat(get(this.other.load(KEY)).grant()).isNull();
		assertThat(this.store.locked(odd, PATIENCE, Mono.just("held")).block(PATIENCE)).isEqualTo("held");
		run(this.store.purge(odd));
		assertThat(get(this.other.load(odd)).grant()).isNull();
	}

	@Test
	void lockedWhenFreeEndsAsTheWorkDoes() {
		StepVerifier.create(this.store.locked(KEY, PATIENCE, Mono.just("value")))
			.expectNext("value")
			.expectComplete()
			.verify(PATIENCE);
		StepVerifier.create(this.store.locked(KEY, PATIENCE, Mono.empty())).expectComplete().verify(PATIENCE);
		StepVerifier.create(this.store.locked(KEY, PATIENCE, Mono.error(new IllegalStateException("the work's own"))))
			.expectErrorMessage("the work's own")
			.verify(PATIENCE);
		StepVerifier.create(this.store.locked(KEY, PATIENCE, Mono.defer(() -> {
			throw new IllegalStateException("thrown by the work");
		}))).expectErrorMessage("thrown by the work").verify(PATIENCE);
		StepVerifier.create(this.store.locked(KEY, PATIENCE, Mono.just("value")))
			.expectNext("value")
			.expectComplete()
			.verify(PATIENCE);
	}

	@Test
	void lockedWhenNotSubscribedToHoldsNothing() {
		this.store.locked(KEY, PATIENCE, Mono.never());
		assertThat(this.other.locked(KEY, PATIENCE, Mono.just("value")).block(PATIENCE)).isEqualTo("value");
	}

	@Test
	void lockedWhenHeldByAnotherInstanceWaitsForItsEnd() {
		Sinks.Empty<String> work = Sinks.empty();
		Holder holder = new Holder(this.other, work.asMono());
		AtomicBoolean entered = new AtomicBoolean();
		Mono<Boolean> waiter = this.store.locked(KEY, PATIENCE, Mono.fromCallable(() -> entered.getAndSet(true)));
		Sinks.One<Boolean> result = Sinks.one();
		waiter.subscribe(result::tryEmitValue, result::tryEmitError);
		assertThat(entered).isFalse();
		work.tryEmitEmpty();
		assertThat(result.asMono().block(PATIENCE)).isFalse();
		holder.awaitEnd();
	}

	@Test
	void lockedWhenHeldForTooLongFailsAndDoesNotTouchTheWork() {
		Holder holder = new Holder(this.other, Mono.never());
		AtomicBoolean subscribed = new AtomicBoolean();
		Mono<String> work = Mono.fromCallable(() -> {
			subscribed.set(true);
			return "value";
		});
		StepVerifier.create(this.store.locked(KEY, Duration.ofMillis(200), work))
			.expectErrorSatisfies(
					(ex) -> assertThat(ex).isInstanceOf(LockTimeoutException.class).hasMessageContaining(KEY.server()))
			.verify(PATIENCE);
		holder.cancel();
		assertThat(this.store.locked(KEY, PATIENCE, Mono.just("free")).block(PATIENCE)).isEqualTo("free");
		assertThat(subscribed).isFalse();
	}

	@Test
	@DisplayName("F24: a cancelled holder releases the lock")
	void lockedWhenHolderIsCancelledIsReleased() {
		AtomicBoolean cancelled = new AtomicBoolean();
		Holder holder = new Holder(this.store, Mono.<String>never().doOnCancel(() -> cancelled.set(true)));
		holder.cancel();
		assertThat(this.other.locked(KEY, PATIENCE, Mono.just("free")).block(PATIENCE)).isEqualTo("free");
		assertThat(this.store.locked(KEY, PATIENCE, Mono.just("free")).block(PATIENCE)).isEqualTo("free");
		assertThat(cancelled).isTrue();
	}

	@Test
	@DisplayName("F24: a cancelled waiter leaves no trace")
	void lockedWhenWaiterIsCancelledLeavesTheLockToOthers() {
		Sinks.Empty<String> work = Sinks.empty();
		Holder holder = new Holder(this.other, work.asMono());
		AtomicBoolean subscribed = new AtomicBoolean();
		List<Disposable> waiters = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			waiters.add(this.store.locked(KEY, PATIENCE, Mono.fromRunnable(() -> subscribed.set(true))).subscribe());
		}
		waiters.forEach(Disposable::dispose);
		work.tryEmitEmpty();
		holder.awaitEnd();
		assertThat(this.store.locked(KEY, PATIENCE, Mono.just("free")).block(PATIENCE)).isEqualTo("free");
		assertThat(this.other.locked(KEY, PATIENCE, Mono.just("free")).block(PATIENCE)).isEqualTo("free");
		assertThat(subscribed).isFalse();
	}

	@Test
	void lockedWhenKeysDifferDoesNotWait() {
		Holder holder = new Holder(this.store, Mono.never());
		assertThat(this.store.locked(OTHER_KEY, PATIENCE, Mono.just("value")).block(PATIENCE)).isEqualTo("value");
		assertThat(this.other.locked(OTHER_KEY, PATIENCE, Mono.just("value")).block(PATIENCE)).isEqualTo("value");
		holder.cancel();
	}

	@Test
	void lockedWhenManyContendLetsOneInAtATime() {
		AtomicInteger inside = new AtomicInteger();
		AtomicInteger most = new AtomicInteger();
		Mono<Integer> work = Mono.fromCallable(() -> most.accumulateAndGet(inside.incrementAndGet(), Math::max))
			.delayElement(Duration.ofMillis(1))
			.doOnNext((ignored) -> inside.decrementAndGet());
		List<Integer> done = Flux.range(0, 40)
			.flatMap((index) -> ((index % 2 == 0) ? this.store : this.other).locked(KEY, PATIENCE, work), 40)
			.collectList()
			.block(PATIENCE);
		assertThat(done).hasSize(40);
		assertThat(most).hasValue(1);
	}

	@Test
	void lockedWhenHeldLetsReadersRead() {
		saved(grant("first", 1), null);
		Holder holder = new Holder(this.store, Mono.never());
		assertThat(get(this.store.load(KEY)).grant()).isEqualTo(grant("first", 1));
		assertThat(get(this.other.load(KEY)).grant()).isEqualTo(grant("first", 1));
		holder.cancel();
	}

	@Test
	void noteSpendingWhenSameTokenWasNotedSaysSo() {
		Grant grant = saved(grant("first", 1), null);
		get(save(this.store, OTHER_KEY, grant, null));
		assertThat(note(this.store, KEY, grant, NOTE)).isEqualTo(new Noted(false));
		assertThat(note(this.other, KEY, grant, NOTE)).isEqualTo(new Noted(true));
		assertThat(note(this.store, KEY, grant, OTHER_NOTE)).isEqualTo(new Noted(true));
		assertThat(note(this.store, OTHER_KEY, grant, NOTE)).isEqualTo(new Noted(false));
	}

	@Test
	void noteSpendingWhenAnotherTokenWasNotedDoesNotSaySo() {
		Grant grant = saved(grant("first", 1), null);
		assertThat(note(this.store, KEY, grant, NOTE)).isEqualTo(new Noted(false));
		SpendingNote another = new SpendingNote("fedcba9876543210", NOTE.owner());
		assertThat(note(this.store, KEY, grant, another)).isEqualTo(new Noted(false));
		assertThat(note(this.other, KEY, grant, another)).isEqualTo(new Noted(true));
	}

	@Test
	void noteSpendingWhenNoteWasWithdrawnDoesNotSaySo() {
		Grant grant = saved(grant("first", 1), null);
		assertThat(note(this.store, KEY, grant, NOTE)).isEqualTo(new Noted(false));
		run(this.other.withdrawSpending(KEY, NOTE.owner()));
		assertThat(note(this.store, KEY, grant, NOTE)).isEqualTo(new Noted(false));
	}

	@Test
	void withdrawSpendingWhenNoteIsOfAnotherOwnerKeepsIt() {
		Grant grant = saved(grant("first", 1), null);
		note(this.store, KEY, grant, NOTE);
		run(this.other.withdrawSpending(KEY, OTHER_NOTE.owner()));
		assertThat(note(this.store, KEY, grant, NOTE)).isEqualTo(new Noted(true));
	}

	@Test
	void noteSpendingWhenNotSubscribedToNotesNothing() {
		Grant grant = saved(grant("first", 1), null);
		this.store.noteSpending(KEY, grant, NOTE, Duration.ZERO);
		assertThat(note(this.store, KEY, grant, NOTE)).isEqualTo(new Noted(false));
		this.store.withdrawSpending(KEY, NOTE.owner());
		assertThat(note(this.store, KEY, grant, NOTE)).isEqualTo(new Noted(true));
	}

	@Test
	@DisplayName("Law 20, X10: the note is refused if the stored record is not the one that was read")
	void noteSpendingWhenRecordIsNotTheOneThatWasReadFails() {
		Grant first = grant("first", 1);
		assertConflict(noting(this.store, KEY, first, NOTE, Duration.ZERO));
		saved(first, null);
		Grant second = grant("second", 2);
		get(save(this.other, KEY, second, first));
		assertConflict(noting(this.store, KEY, first, NOTE, Duration.ZERO));
		assertConflict(noting(this.store, KEY, grant("first", 2), NOTE, Duration.ZERO));
		assertConflict(noting(this.store, KEY, grant("second", 1), NOTE, Duration.ZERO));
		assertThat(note(this.store, KEY, second, NOTE)).isEqualTo(new Noted(false));
		run(this.other.delete(KEY));
		assertConflict(noting(this.store, KEY, second, NOTE, Duration.ZERO));
	}

	@Test
	@DisplayName("Law 20, X9: another process's young note is waited for")
	void noteSpendingWhenAnotherOwnerNotedTheTokenJustNowIsPending() {
		Grant grant = saved(grant("first", 1), null);
		assertThat(note(this.other, KEY, grant, OTHER_NOTE)).isEqualTo(new Noted(false));
		assertThat(get(noting(this.store, KEY, grant, NOTE, PATIENCE))).isInstanceOfSatisfying(Pending.class,
				(pending) -> assertThat(pending.age()).isBetween(Duration.ZERO, PATIENCE));
		assertThat(get(noting(this.other, KEY, grant, OTHER_NOTE, PATIENCE))).as("its own note")
			.isEqualTo(new Noted(true));
		SpendingNote another = new SpendingNote("fedcba9876543210", NOTE.owner());
		assertThat(get(noting(this.store, KEY, grant, another, PATIENCE))).as("another token")
			.isEqualTo(new Noted(false));
	}

	@Test
	@DisplayName("Law 20: an old note of another process is not waited for")
	void noteSpendingWhenNoteOfAnotherOwnerIsOldIsNoted() {
		Grant grant = saved(grant("first", 1), null);
		note(this.other, KEY, grant, OTHER_NOTE);
		Awaitility.await()
			.atMost(PATIENCE)
			.until(() -> get(noting(this.store, KEY, grant, NOTE, Duration.ofMillis(50))),
					(result) -> result.equals(new Noted(true)));
	}

	@Test
	@DisplayName("X24, X25, X26: all processes know the lessons that one has learned of a grant, until it is removed")
	void saveLessonsStoresAllOfThem() {
		assertThat(get(this.store.load(KEY)).lessons()).isEqualTo(GrantLessons.NONE);
		GrantLessons lessons = new GrantLessons(
				new LearnedChallenge(Set.of("mcp", "mcp:write"), "https://other-as.example.com"),
				new Refusals("client-1", 1, Instant.parse("2030-01-02T03:04:05Z")),
				new Refusals(NOTE.fingerprint(), 4, Instant.parse("2030-01-02T03:05:05Z")),
				new RefusedToken(NOTE.fingerprint(), "as.example.com refused it with 'invalid_grant'"));
		saveLessons(this.store, lessons);
		assertThat(get(this.other.load(KEY)).lessons()).isEqualTo(lessons);
		assertThat(get(this.other.load(KEY)).grant()).isNull();
		StoredGrant saved = get(save(this.other, KEY, grant("first", 1), null));
		assertThat(saved.lessons()).isEqualTo(lessons);
		assertThat(get(this.store.load(KEY)).lessons()).isEqualTo(lessons);
		GrantLessons some = lessons.withChallenge(null).withRefusedToken(null);
		saveLessons(this.other, some);
		assertThat(get(this.store.load(KEY)).lessons()).isEqualTo(some);
		saveLessons(this.other, GrantLessons.NONE);
		assertThat(get(this.store.load(KEY)).lessons()).isEqualTo(GrantLessons.NONE);
		saveLessons(this.other, lessons);
		run(this.other.delete(KEY));
		assertThat(get(this.store.load(KEY)).lessons()).isEqualTo(GrantLessons.NONE);
	}

	@Test
	@DisplayName("Law 21: the issuer binding is the server's, outlives logouts and goes with the server")
	void bindIssuerWhenNotBoundBindsAllPrincipals() {
		GrantKey alice = GrantKey.of("linear", "alice");
		assertThat(this.store.loadIssuer(KEY).block(PATIENCE)).isNull();
		assertThat(get(this.store.bindIssuer(alice, "https://as.example.com"))).isEqualTo("https://as.example.com");
		assertThat(get(this.other.bindIssuer(KEY, "https://evil.example.com"))).isEqualTo("https://as.example.com");
		run(this.store.saveClient(KEY, client("client-1")));
		run(this.store.deleteClient(KEY));
		run(this.store.delete(KEY));
		run(this.store.purge(alice));
		assertThat(get(this.other.loadIssuer(GrantKey.of("linear", "bob")))).isEqualTo("https://as.example.com");
		assertThat(this.other.loadIssuer(OTHER_KEY).block(PATIENCE)).isNull();
		assertThat(this.other.loadClient(KEY).block(PATIENCE)).isNull();
		run(this.store.purge(KEY));
		assertThat(this.other.loadIssuer(alice).block(PATIENCE)).isNull();
	}

	@Test
	@DisplayName("Law 21: of several processes that bind at the same time one decides")
	void bindIssuerWhenManyBindAnswersTheSameToAll() {
		run(this.store.saveClient(KEY, client("client-1")));
		List<String> bound = Flux.range(0, 12)
			.flatMap((index) -> ((index % 2 == 0) ? this.store : this.other)
				.bindIssuer(KEY, "https://as-%d.example.com".formatted(index))
				.subscribeOn(Schedulers.boundedElastic()), 12)
			.distinct()
			.collectList()
			.block(PATIENCE);
		assertThat(bound).hasSize(1).containsExactly(get(this.store.loadIssuer(KEY)));
		assertThat(get(this.other.loadClient(KEY))).isEqualTo(client("client-1"));
	}

	@Test
	@DisplayName("S6: metadata are stored with the grant that they led to, or not at all")
	void saveWhenMetadataAreGivenStoresBothOrNeither() {
		Grant first = grant("first", 1);
		get(save(this.store, first, null, "https://as.example.com"));
		assertThat(get(this.other.loadMetadata(KEY))).isEqualTo(metadata("https://as.example.com"));
		assertConflict(save(this.store, grant("late", 2), grant("never", 1), "https://evil.example.com"));
		assertThat(get(this.other.loadMetadata(KEY))).isEqualTo(metadata("https://as.example.com"));
		get(save(this.store, KEY, grant("second", 2), first));
		assertThat(get(this.other.loadMetadata(KEY))).isEqualTo(metadata("https://as.example.com"));
	}

	@Test
	void locationNamesThePlaceAndNoSecret() {
		saved(grant("first", 1), null);
		assertThat(this.store.location(KEY)).isNotBlank().doesNotContain("first");
		assertThat(this.store.location(KEY)).isNotEqualTo(this.store.location(OTHER_KEY));
	}

	/**
	 * Make a grant that uses all there is.
	 * @param tokens part of its tokens
	 * @param generation its generation
	 * @return a new grant, equal to another one with the same arguments
	 */
	protected static Grant grant(String tokens, long generation) {
		Map<String, Object> additional = new LinkedHashMap<>();
		additional.put("id_token", "header.payload.signature");
		additional.put("account", Map.of("name", "Zoë", "teams", List.of("a", "b"), "seats", 3, "admin", true));
		return Grant.with(Secret.of("access-" + tokens))
			.refreshToken(Secret.of("refresh-" + tokens))
			.issuedAt(Instant.parse("2030-01-02T03:04:05Z"))
			.expiresAt(Instant.parse("2030-01-02T04:04:05Z"))
			.scope(Set.of("read", "offline_access"))
			.issuer("https://as.example.com")
			.tokenEndpoint(URI.create("https://as.example.com/token?tenant=a%20b"))
			.clientId("client-1")
			.resource("https://mcp.example.com/mcp/")
			.resourceRefused(true)
			.dpopKey(Secret.of("{\"kty\":\"EC\",\"d\":\"key-" + tokens + "\"}"))
			.generation(generation)
			.additional(additional)
			.build();
	}

	/**
	 * Save while holding the lock, as every caller does.
	 * @param store the store
	 * @param key the grant
	 * @param grant the new content
	 * @param replaces what is replaced, {@code null} for nothing
	 * @return a mono as of {@link TokenStore#save}
	 */
	protected static Mono<StoredGrant> save(TokenStore store, GrantKey key, Grant grant, @Nullable Grant replaces) {
		return store.locked(key, PATIENCE, store.save(key, grant, replaces));
	}

	private static Mono<StoredGrant> save(TokenStore store, Grant grant, @Nullable Grant replaces, String issuer) {
		return store.locked(KEY, PATIENCE, store.save(KEY, grant, replaces, metadata(issuer)));
	}

	private boolean refusesToList() {
		if (!isListable()) {
			assertThatExceptionOfType(ListingNotSupportedException.class)
				.isThrownBy(() -> run(this.store.list(GrantQuery.all(1))));
		}
		return !isListable();
	}

	/**
	 * Read all pages. The limit holds for what a store can cut.
	 */
	private static List<GrantQuery.Entry> listed(TokenStore store, GrantQuery first) {
		List<GrantQuery.Entry> all = new ArrayList<>();
		GrantQuery.Page page = get(store.list(first));
		all.addAll(page.entries());
		for (int pages = 0; page.next() != null; pages++) {
			assertThat(pages).as("number of pages").isLessThan(10_000);
			page = get(store.list(first.after(page.next())));
			all.addAll(page.entries());
		}
		return all;
	}

	private static SpendingResult note(TokenStore store, GrantKey key, Grant grant, SpendingNote note) {
		return get(noting(store, key, grant, note, Duration.ZERO));
	}

	private static Mono<SpendingResult> noting(TokenStore store, GrantKey key, Grant grant, SpendingNote note,
			Duration young) {
		return store.locked(key, PATIENCE, store.noteSpending(key, grant, note, young));
	}

	private static void saveLessons(TokenStore store, GrantLessons lessons) {
		run(store.locked(KEY, PATIENCE, store.saveLessons(KEY, lessons)));
	}

	/**
	 * Subscribe and wait for the value.
	 * @param <T> the type of value
	 * @param mono what to wait for
	 * @return its value
	 */
	protected static <T> T get(Mono<T> mono) {
		T value = mono.block(PATIENCE);
		return Objects.requireNonNull(value);
	}

	/**
	 * Subscribe and wait for the end.
	 * @param mono what to wait for
	 */
	protected static void run(Mono<?> mono) {
		mono.block(PATIENCE);
	}

	private Grant saved(Grant grant, @Nullable Grant replaces) {
		get(save(this.store, KEY, grant, replaces));
		return grant;
	}

	private StoredGrant settled(TokenStore reader) {
		return Awaitility.await()
			.atMost(PATIENCE)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> get(reader.load(KEY)), (stored) -> reader.isCurrent(KEY, stored.stamp()));
	}

	private static void awaitChange(TokenStore reader, RecordStamp stamp) {
		Awaitility.await()
			.atMost(PATIENCE)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(5))
			.until(() -> !reader.isCurrent(KEY, stamp));
	}

	private static void assertConflict(Mono<?> save) {
		assertThatExceptionOfType(GrantConflictException.class).isThrownBy(() -> run(save))
			.satisfies((ex) -> assertThat(ex.getServer()).isEqualTo(KEY.server()));
	}

	@Test
	@DisplayName("Logins: a text is replaced by the process that read the newest one, and by no other")
	void replaceLoginsWhenReadBeforeSucceedsOnce() {
		if (!keepsLogins()) {
			return;
		}
		LoginRecords logins = logins(this.store);
		LoginRecords others = logins(this.other);
		assertThat(logins.load(KEY).blockOptional(PATIENCE)).isEmpty();
		assertThat(get(logins.replace(KEY, "stale", "first", LIFETIME))).isFalse();
		assertThat(get(logins.replace(KEY, null, null, LIFETIME))).isTrue();
		assertThat(get(logins.replace(KEY, null, "first", LIFETIME))).isTrue();
		assertThat(get(others.load(KEY))).isEqualTo("first");
		assertThat(get(others.replace(KEY, null, "other", LIFETIME))).isFalse();
		assertThat(get(others.replace(KEY, "first", "second", LIFETIME))).isTrue();
		assertThat(get(logins.replace(KEY, "first", "late", LIFETIME))).isFalse();
		assertThat(get(logins.replace(KEY, "first", null, LIFETIME))).isFalse();
		assertThat(get(logins.load(KEY))).isEqualTo("second");
		String large = "x".repeat(200_000);
		assertThat(get(logins.replace(KEY, "second", large, LIFETIME))).isTrue();
		assertThat(get(others.load(KEY))).isEqualTo(large);
		assertThat(get(others.replace(KEY, large, null, LIFETIME))).isTrue();
		assertThat(logins.load(KEY).blockOptional(PATIENCE)).isEmpty();
	}

	@Test
	@DisplayName("Logins: of many that replace the same text at once, one succeeds")
	void replaceLoginsWhenAtTheSameTimeSucceedsOnce() {
		if (!keepsLogins()) {
			return;
		}
		assertThat(get(logins(this.store).replace(KEY, null, "0", LIFETIME))).isTrue();
		for (int round = 0; round < 5; round++) {
			String before = Integer.toString(round);
			String after = Integer.toString(round + 1);
			List<Boolean> replaced = get(Flux.range(0, 8)
				.flatMap((number) -> logins((number % 2 == 0) ? this.store : this.other).replace(KEY, before, after,
						LIFETIME))
				.collectList());
			assertThat(replaced).containsOnlyOnce(true).hasSize(8);
		}
		assertThat(get(logins(this.other).load(KEY))).isEqualTo("5");
	}

	@Test
	@DisplayName("Logins: each principal has their own, a logout leaves them, and a removal takes them")
	void loginsWhenPrincipalsDifferAreKeptApart() {
		if (!keepsLogins()) {
			return;
		}
		GrantKey alice = GrantKey.of(KEY.server(), "alice");
		for (GrantKey key : List.of(KEY, OTHER_KEY, alice)) {
			assertThat(get(logins(this.store).replace(key, null, key.toString(), LIFETIME))).isTrue();
		}
		run(this.store.delete(KEY));
		run(this.store.purge(alice));
		assertThat(logins(this.other).load(alice).blockOptional(PATIENCE)).isEmpty();
		for (GrantKey key : List.of(KEY, OTHER_KEY)) {
			assertThat(get(logins(this.other).load(key))).isEqualTo(key.toString());
		}
		run(this.store.purge(KEY));
		assertThat(logins(this.other).load(KEY).blockOptional(PATIENCE)).isEmpty();
	}

	@Test
	@DisplayName("Logins: all processes have the key of the first one that asked")
	void loginKeyWhenSeveralAskIsTheSame() {
		if (!keepsLogins()) {
			return;
		}
		List<String> keys = get(Flux.range(0, 8)
			.flatMap((number) -> logins((number % 2 == 0) ? this.store : this.other).key(null, "key-" + number))
			.distinct()
			.collectList());
		assertThat(keys).hasSize(1);
		String first = keys.get(0);
		assertThat(get(logins(this.other).key("another", "next"))).isEqualTo(first);
		assertThat(get(logins(this.other).key(first, "next"))).isEqualTo("next");
		assertThat(get(logins(this.store).key(first, "late"))).isEqualTo("next");
		run(this.store.purge(KEY));
		assertThat(get(logins(this.store).key(null, "later"))).isEqualTo("next");
	}

	private static LoginRecords logins(TokenStore store) {
		return Objects.requireNonNull(store.logins());
	}

	/**
	 * A store that keeps no logins need not keep this part of the contract.
	 */
	private boolean keepsLogins() {
		return this.store.logins() != null;
	}

	private static OAuthClient client(String clientId) {
		return OAuthClient.with(clientId, OAuthClient.Origin.REGISTERED)
			.secret(Secret.of("secret-of-" + clientId))
			.authMethod("client_secret_basic")
			.issuer("https://as.example.com")
			.secretExpiresAt(Instant.parse("2031-01-01T00:00:00Z"))
			.redirectUris(Set.of("http://127.0.0.1:7777/callback"))
			.scope(Set.of("read"))
			.additional(Map.of("client_name", "Agent", "client_id_issued_at", 1893456000, "grant_types",
					List.of("authorization_code")))
			.build();
	}

	private static Map<String, Object> metadata(String issuer) {
		return Map.of("issuer", issuer, "token_endpoint", issuer + "/token", "scopes_supported", List.of("read"),
				"authorization_response_iss_parameter_supported", true, "mtls_endpoint_aliases",
				Map.of("token_endpoint", issuer + "/mtls/token"));
	}

	/**
	 * Somebody who holds the lock on {@link #KEY}.
	 */
	private static final class Holder {

		private final CountDownLatch ended = new CountDownLatch(1);

		private final Disposable subscription;

		Holder(TokenStore store, Mono<String> work) {
			CountDownLatch held = new CountDownLatch(1);
			this.subscription = store.locked(KEY, PATIENCE, Mono.defer(() -> {
				held.countDown();
				return work;
			})).subscribe(null, (ex) -> this.ended.countDown(), this.ended::countDown);
			await(held);
		}

		void cancel() {
			this.subscription.dispose();
		}

		void awaitEnd() {
			await(this.ended);
		}

		private static void await(CountDownLatch latch) {
			try {
				assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			}
			catch (InterruptedException ex) {
				throw new IllegalStateException(ex);
			}
		}

	}

}
