// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongSupplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The providers of this process, one for each grant. A provider of a principal is
 * forgotten when it was idle for long or there are too many. That is checked when one is
 * created, so that an idle process does nothing.
 */
public final class GrantProviderRegistry {

	private static final long SWEEP_PAUSE = TimeUnit.SECONDS.toNanos(1);

	/**
	 * How much longer than one exchange the shutdown may take.
	 */
	private static final Duration A_LITTLE = Duration.ofSeconds(5);

	private final Map<GrantKey, GrantProvider> providers = new ConcurrentHashMap<>();

	private final RefreshContext context;

	private final GrantRenewalFactory renewals;

	private final PrincipalCacheSettings cache;

	private final LongSupplier nanoTime;

	private final double jitter;

	private final Map<GrantProvider, Boolean> busy = new ConcurrentHashMap<>();

	private final Duration longestShutdown;

	// Set before the busy providers are listed, see begin
	private volatile boolean closing;

	private final AtomicBoolean sweeping = new AtomicBoolean();

	// Written only by the holder of 'sweeping'
	private volatile long sweptAt;

	/**
	 * Create the registry.
	 * @param context shared by all providers
	 * @param renewals creates the renewals of grants
	 * @param cache how many grants of principals are kept in memory
	 */
	public GrantProviderRegistry(RefreshContext context, GrantRenewalFactory renewals, PrincipalCacheSettings cache) {
		this.context = context;
		this.renewals = renewals;
		this.longestShutdown = renewals.exchangeTimeout().plus(A_LITTLE);
		this.cache = cache;
		this.nanoTime = context.time().nanoTime();
		this.jitter = new SplittableRandom(this.nanoTime.getAsLong()).nextDouble();
		this.sweptAt = this.nanoTime.getAsLong();
	}

	/**
	 * Get or create the provider of a grant.
	 * @param server the server
	 * @param key a grant for that server
	 * @return the same provider for as long as the server is equal and the provider in
	 * use, a new one when the server changed
	 */
	public GrantProvider provider(McpServer server, GrantKey key) {
		GrantProvider provider = this.providers.get(key);
		if (provider != null && isSame(provider.server(), server)) {
			return provider;
		}
		if (key.principal() != null) {
			sweepBehind();
		}
		return this.providers.compute(key, (same, current) -> (current != null && current.server().equals(server))
				? current : create(server, key));
	}

	@SuppressWarnings("ReferenceEquality") // asked for every request, nearly always the
											// same
	private static boolean isSame(McpServer one, McpServer other) {
		return one == other || one.equals(other);
	}

	private GrantProvider create(McpServer server, GrantKey key) {
		GrantRenewal renewal = this.renewals.of(server, key);
		return new GrantProvider(GrantParts.of(server, key, renewal, this.context, this.jitter), this);
	}

	/**
	 * Make sure that a provider with an attempt can be found. One that was forgotten
	 * comes back, unless another has taken its place already.
	 * @param provider the provider
	 * @return the provider that shall make the attempt
	 */
	GrantProvider keep(GrantProvider provider) {
		if (provider.key().principal() == null || provider.isRemoved()) {
			return provider;
		}
		GrantProvider present = this.providers.computeIfAbsent(provider.key(), (key) -> provider);
		return present.server().equals(provider.server()) ? present : provider;
	}

	/**
	 * A provider is about to start an attempt.
	 * @param provider the provider, with its slot taken
	 * @return {@code false} if the registry is being shut down
	 */
	boolean begin(GrantProvider provider) {
		// Added before the look at the flag: the shutdown sets the flag before it looks
		// at the providers, so it waits for this one, or this one is turned away
		this.busy.put(provider, true);
		return !this.closing;
	}

	/**
	 * A provider may have nothing under way and nothing to store any more.
	 * @param provider the provider
	 */
	void end(GrantProvider provider) {
		// The next attempt may begin at the same time, so the provider is asked inside
		// the map's own lock
		this.busy.computeIfPresent(provider, (same, value) -> same.isDispensable() ? null : value);
	}

	/**
	 * Forget the providers of a server, of all principals. Attempts under way run to
	 * their end.
	 * @param server name of the server
	 */
	public void evict(String server) {
		this.providers.values().removeIf((provider) -> {
			boolean evicted = provider.key().server().equals(server);
			if (evicted) {
				provider.remove();
			}
			return evicted;
		});
	}

	/**
	 * End all refresh work in an orderly way. No attempt starts any more, attempts under
	 * way are waited for, and a grant that is not stored yet is stored.
	 * @return an empty mono, which ends in bounded time and does not fail
	 */
	public Mono<Void> shutdown() {
		return Mono.defer(() -> {
			this.closing = true;
			return Flux.fromIterable(List.copyOf(this.busy.keySet()))
				.flatMap((provider) -> provider.shutdown().onErrorComplete(), Integer.MAX_VALUE)
				.then();
		}).timeout(this.longestShutdown, Mono.empty(), this.context.threads().timer());
	}

	/**
	 * Let the store forget a record that was looked at, unless a provider uses it.
	 * @param key the grant
	 */
	public void forgetUnused(GrantKey key) {
		if (!this.providers.containsKey(key)) {
			this.context.store().forget(key);
		}
	}

	/**
	 * How many grants of principals are remembered for a server.
	 * @param server name of the server
	 * @return the numbers
	 */
	public ServerStatus.Principals principals(String server) {
		int known = 0;
		int loginRequired = 0;
		for (GrantProvider provider : this.providers.values()) {
			if (provider.key().principal() != null && provider.key().server().equals(server)) {
				known++;
				loginRequired += provider.isLoginRequired() ? 1 : 0;
			}
		}
		return new ServerStatus.Principals(known, loginRequired);
	}

	private void sweepBehind() {
		long age = this.nanoTime.getAsLong() - this.sweptAt;
		boolean full = this.providers.size() >= this.cache.most();
		// One sweep at a time: several callers would each walk through all providers
		if (age >= (full ? SWEEP_PAUSE : this.cache.idle().toNanos() / 2) && this.sweeping.compareAndSet(false, true)) {
			this.sweptAt = this.nanoTime.getAsLong();
			this.context.threads().blocking().schedule(() -> {
				try {
					sweep();
				}
				finally {
					this.sweeping.set(false);
				}
			});
		}
	}

	/**
	 * Forget the providers that were idle for long. If too many are left, forget those
	 * that were idle longest.
	 */
	void sweep() {
		long now = this.nanoTime.getAsLong();
		List<Idle> rest = new ArrayList<>();
		this.providers.values().forEach((provider) -> {
			if (provider.key().principal() != null) {
				Idle idle = new Idle(provider, now - provider.lastUsed());
				if (idle.nanos() < this.cache.idle().toNanos() || !forget(provider)) {
					rest.add(idle);
				}
			}
		});
		int tooMany = rest.size() - this.cache.most();
		if (tooMany > 0) {
			rest.sort(Comparator.comparingLong(Idle::nanos).reversed());
			// A few more, so that the next one does not begin all over
			rest.stream().limit(tooMany + this.cache.most() / 10).forEach((idle) -> forget(idle.provider()));
		}
	}

	private boolean forget(GrantProvider provider) {
		GrantProvider left = this.providers.computeIfPresent(provider.key(),
				(key, current) -> (current.equals(provider) && current.isDispensable()) ? null : current);
		if (left == null) {
			this.context.store().forget(provider.key());
		}
		return left == null;
	}

	/**
	 * How long a provider has been idle.
	 */
	private record Idle(GrantProvider provider, long nanos) {

	}

}
