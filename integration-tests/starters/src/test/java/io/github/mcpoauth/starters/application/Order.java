// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.starters.application;

import jakarta.persistence.Entity;
import jakarta.persistence.GeneratedValue;
import jakarta.persistence.Id;
import jakarta.persistence.Table;

/**
 * An entity, for whose table JPA would connect to the database.
 */
@Entity
@Table(name = "orders")
class Order {

	@Id
	@GeneratedValue
	@SuppressWarnings({ "NullAway.Init", "unused" })
	private Long id;

}
