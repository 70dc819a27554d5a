// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.util.List;

import io.github.mcpoauth.GrantQuery;
import io.github.mcpoauth.manager.McpOAuthAdministration;
import io.github.mcpoauth.manager.McpOAuthAdministration.Removal.RemovalOutcome;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * {@link WebEndpoint @WebEndpoint} for the stored grants of principals. It is an endpoint
 * of its own, off until {@code management.endpoint.mcpoauthprincipals.access} is set,
 * because the names of principals are personal data.
 * <p>
 * Its operations block, as those of {@link McpOAuthEndpointWebExtension} do.
 */
@WebEndpoint(id = "mcpoauthprincipals", defaultAccess = Access.NONE)
public final class McpOAuthPrincipalsEndpoint {

	private static final int DEFAULT_LIMIT = 100;

	private final McpOAuthManager manager;

	/**
	 * Create the endpoint.
	 * @param manager knows the store
	 */
	public McpOAuthPrincipalsEndpoint(McpOAuthManager manager) {
		this.manager = manager;
	}

	/**
	 * List the principals that have records.
	 * @param server name of a server, all servers when not set
	 * @param principal a principal, all principals when not set
	 * @param after {@code next} of the page before
	 * @param limit how many entries to answer, 100 when not set
	 * @return the answer: a {@link PageDescriptor}, or a failure
	 */
	@ReadOperation
	public WebEndpointResponse<OperationResponseBody> principals(@Nullable String server, @Nullable String principal,
			@Nullable String after, @Nullable Integer limit) {
		return McpOAuthEndpointWebExtension.answer(Mono.defer(() -> administration()
			.list(new GrantQuery(server, principal, after, (limit != null) ? limit : DEFAULT_LIMIT))
			.map(PageDescriptor::of)));
	}

	/**
	 * Remove all that is stored for a principal, as
	 * {@link McpOAuthAdministration#remove(String)} does.
	 * @param principal the principal
	 * @return the answer: a {@link RemovalDescriptor}, with status 500 if records may be
	 * left, or a failure
	 */
	@DeleteOperation
	public WebEndpointResponse<OperationResponseBody> remove(String principal) {
		WebEndpointResponse<OperationResponseBody> answer = McpOAuthEndpointWebExtension
			.answer(Mono.defer(() -> administration().remove(principal)).map(RemovalDescriptor::of));
		boolean left = answer.getBody() instanceof RemovalDescriptor removal && !removal.complete();
		return left ? new WebEndpointResponse<>(answer.getBody(), WebEndpointResponse.STATUS_INTERNAL_SERVER_ERROR)
				: answer;
	}

	private McpOAuthAdministration administration() {
		return this.manager.administration();
	}

	/**
	 * A page of records.
	 *
	 * @param grants the records
	 * @param next value of {@code after} for the next page, {@code null} on the last one
	 */
	public record PageDescriptor(List<GrantDescriptor> grants, @Nullable String next) implements OperationResponseBody {

		public PageDescriptor {
			grants = List.copyOf(grants);
		}

		static PageDescriptor of(GrantQuery.Page page) {
			return new PageDescriptor(page.entries()
				.stream()
				.map((entry) -> new GrantDescriptor(entry.key().server(), entry.key().principal(), entry.hasGrant()))
				.toList(), page.next());
		}

		/**
		 * Without names, because codecs log the objects they write.
		 */
		@Override
		public String toString() {
			return "PageDescriptor[grants=%d]".formatted(this.grants.size());
		}

	}

	/**
	 * The records of a principal and a server.
	 *
	 * @param server name of the server
	 * @param principal the principal
	 * @param grant whether there is a grant. If not, only a registered client or another
	 * remainder is stored
	 */
	public record GrantDescriptor(String server, @Nullable String principal, boolean grant) {

	}

	/**
	 * The outcome of a removal.
	 *
	 * @param complete whether no record is left
	 * @param incomplete why records may not have been found
	 * @param servers the outcome at each server
	 */
	public record RemovalDescriptor(boolean complete, @Nullable String incomplete,
			List<ServerDescriptor> servers) implements OperationResponseBody {

		public RemovalDescriptor {
			servers = List.copyOf(servers);
		}

		static RemovalDescriptor of(McpOAuthAdministration.Removal removal) {
			return new RemovalDescriptor(removal.isComplete(), removal.incomplete(),
					removal.servers()
						.stream()
						.map((server) -> new ServerDescriptor(server.server(), server.outcome(), server.reason()))
						.toList());
		}

	}

	/**
	 * The outcome at a server.
	 *
	 * @param server name of the server
	 * @param outcome the outcome
	 * @param reason why the grant may not be revoked, or why the records are still there
	 */
	public record ServerDescriptor(String server, RemovalOutcome outcome, @Nullable String reason) {

	}

}
